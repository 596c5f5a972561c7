import { InternalError, type Subjects } from '@aet/contracts';
import type { MessageHandler } from '@nestjs/microservices';
import { type Binding, Endpoint } from './endpoint.js';
import type { RpcServerIdentity } from './rpc-server-identity.js';
import { methodOf } from './rpc.decorator.js';

/** A handler at its place: an `@Rpc` method at its contract's, a plain `@MessagePattern` or `@EventPattern` at its pattern, below the service. */
export function bindEndpoint(
  pattern: string,
  handler: MessageHandler,
  identity: RpcServerIdentity,
  subjects: Subjects,
): Endpoint {
  const binding = bindingOf(pattern, handler, identity, subjects);
  return new Endpoint(binding, `${identity.service}.${binding.name}`);
}

function bindingOf(pattern: string, handler: MessageHandler, { service, slot }: RpcServerIdentity, subjects: Subjects): Binding {
  const queue = `${service}.${slot}`;
  const method = methodOf(handler);
  if (method === undefined) {
    const summary = handler.isEventHandler === true ? `Hears of ${pattern}.` : `Answers ${pattern}.`;
    return { name: pattern, summary, subject: subjects.rpcPattern(service, pattern), queue, handler };
  }
  if (method.service !== service) {
    throw new InternalError(
      `a controller of ${service} binds ${method.service}.${method.method}: only ${method.service} may answer that`,
    );
  }
  const { method: name, summary, request } = method;
  return { name, summary, request, subject: subjects.rpc(service, name), queue, handler };
}
