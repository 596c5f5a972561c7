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

/**
 * Calls a method of a service by name; NATS finds an instance.
 * At most once: a call whose reply was lost may have been carried out, so repeat only what is idempotent.
 * Errors: `NoResponders` at once when nobody listens, `DeadlinePassed` when the time is over, `Cancelled` on abort,
 * `Unavailable` when the connection is gone, `PayloadTooLarge` before sending, and `RemoteError` with the other side's code.
 */
export abstract class RpcClient {
  abstract call<Req extends object, Res>(method: RpcMethod<Req, Res>, request: Req, options?: CallOptions): Promise<Res>;
}
