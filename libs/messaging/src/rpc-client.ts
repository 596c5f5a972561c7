import type { RpcMethod } from '@aet/contracts';

export interface CallOptions {
  /** Longest wait for the reply, in milliseconds. Default: `rpc.timeoutMs` of the configuration. Carried to the other side as a deadline. */
  timeoutMs?: number;
  /** Absolute deadline in unix milliseconds; the earlier of both counts. */
  deadline?: number;
  signal?: AbortSignal;
  /** Only an instance in that cell. */
  cell?: string;
  /** Only that instance. */
  instance?: string;
  correlationId?: string;
}

export interface StreamOptions extends CallOptions {
  /** So many items may be on their way or wait to be taken; when they are, the responder waits. Default 64. */
  window?: number;
}

/**
 * Calls a method of a service by name; NATS finds an instance.
 * At most once: a call whose reply was lost may have been carried out, so repeat only what is idempotent.
 * Errors: `NoResponders` at once when nobody listens, `DeadlinePassed` when the time is over, `Cancelled` on abort,
 * `Unavailable` when the connection is gone, `PayloadTooLarge` before sending, and `RemoteError` with the other side's code.
 */
export abstract class RpcClient {
  abstract call<Req extends object, Res>(method: RpcMethod<Req, Res>, request: Req, options?: CallOptions): Promise<Res>;

  /**
   * Reads the many replies of a method whose handler returns an AsyncIterable or an Observable, in order and without gaps. The call is made when
   * reading begins. Who stops reading, by `break` or by the signal, stops the handler. Without a time in the options a stream has no limit but
   * the deadline of the work that it belongs to: a responder that is gone is noticed within 5 s, as `Unavailable`.
   * A client without streams of its own gives the one reply of a call.
   */
  async *stream<Req extends object, Res>(
    method: RpcMethod<Req, Res>,
    request: Req,
    options?: StreamOptions,
  ): AsyncGenerator<Res, undefined, undefined> {
    yield await this.call(method, request, options);
  }
}
