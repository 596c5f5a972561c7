import type { RpcMethod } from '@aet/contracts';
import { MessagePattern } from '@nestjs/microservices';

/** Handlers bound by `@Rpc` belong to this transport and to no other that the app may have. */
export const RPC_TRANSPORT = Symbol.for('aet.rpc');

const METHOD_EXTRA = 'aetRpcMethod';

/**
 * Binds a controller's method to a contract. The argument is the validated request, an instance of the method's request class;
 * what is returned goes back as JSON, a thrown `AetError` as an error with its code. `@Ctx()` gives the `RpcCall`.
 */
export const Rpc = <Req extends object, Res>(
  method: RpcMethod<Req, Res>,
): (<Handler extends (request: Req, ...rest: never[]) => unknown>(
  target: object,
  key: string | symbol,
  descriptor: TypedPropertyDescriptor<Handler>,
) => void) => {
  const bind = MessagePattern(`${method.service}.${method.method}`, RPC_TRANSPORT, { [METHOD_EXTRA]: method });
  return (target, key, descriptor) => {
    bind(target, key, descriptor);
  };
};

/** The contract that a handler was bound to. */
export const methodOf = (handler: { extras?: Record<string, unknown> }): RpcMethod | undefined =>
  handler.extras?.[METHOD_EXTRA] as RpcMethod | undefined;
