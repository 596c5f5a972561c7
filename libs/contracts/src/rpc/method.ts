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
  /** Present in the type only. */
  readonly reply?: Res;
}

export const rpcMethod =
  <Res>() =>
  <Req extends object>(service: ServiceName, method: string, request: DtoClass<Req>, summary: string): RpcMethod<Req, Res> => ({
    service,
    method,
    request,
    summary,
  });

/** A request without fields. */
export class Empty {}
