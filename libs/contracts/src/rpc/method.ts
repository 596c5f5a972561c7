import type { ServiceName } from '../service-name.js';

/** A class whose instances are a method's request, decorated with class-validator rules. */
export type DtoClass<T extends object> = new () => T;

/**
 * One method that a service answers: its address, its request class and, in the type only, its reply.
 * Requests and replies are plain JSON. A controller binds it by `@Rpc(METHOD)`, a caller passes it to `RpcClient.call`.
 */
export interface RpcMethod<Req extends object = object, Res = unknown> {
  readonly service: ServiceName;
  readonly method: string;
  readonly request: DtoClass<Req>;
  /** One sentence for `$SRV.INFO`, OpenAPI and docs. */
  readonly summary: string;
  /**
   * Twice is the same as once: it may be asked again after a lost answer, and at two instances at once. Reads are; so is what the
   * responder recognises when it comes again.
   */
  readonly idempotent?: boolean;
  /** Present in the type only. */
  readonly reply?: Res;
}

export const rpcMethod =
  <Res>() =>
  <Req extends object>(
    service: ServiceName,
    method: string,
    request: DtoClass<Req>,
    summary: string,
    traits: { idempotent?: boolean } = {},
  ): RpcMethod<Req, Res> => ({ service, method, request, summary, ...traits });

/** Of a method that changes nothing, or that changes no more when it is carried out again. */
export const IDEMPOTENT = { idempotent: true } as const;

/** A request without fields. */
export class Empty {}
