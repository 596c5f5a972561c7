import { DeadlinePassed, type ErrorBody, ErrorCode, Forbidden, InternalError, Subjects, isInbox } from '@aet/contracts';
import { isPassed } from '@aet/resilience';
import { type Correlation, correlation, inSpan } from '@aet/telemetry';
import type { Msg, NatsConnection, Subscription } from '@nats-io/nats-core';
import { Logger } from '@nestjs/common';
import { type CustomTransportStrategy, type MessageHandler, Server } from '@nestjs/microservices';
import { lastValueFrom } from 'rxjs';
import { type LinkStatus, type NatsLink, connectionOf } from '../connection/nats-link.js';
import { ServiceResponder } from '../services-protocol/service-responder.js';
import { Endpoint } from './endpoint.js';
import { incomingCorrelation } from './incoming-correlation.js';
import { readRequest } from './read-request.js';
import { RpcCall } from './rpc-call.js';
import type { RpcServerIdentity } from './rpc-server-identity.js';
import { RPC_TRANSPORT, methodOf } from './rpc.decorator.js';
import { sendError, sendResult } from './send-reply.js';
import { errorBodyOf } from './service-error.js';

/**
 * Answers the methods that controllers bind by `@Rpc`, as a Nest transport. Each method has three addresses: the service's and the cell's,
 * shared by the instances of one slot, and the instance's own. Also answers `$SRV` for the instance.
 * `drain` stops taking requests, loses none that the server has handed over, and resolves when all are answered.
 */
export class NatsRpcServer extends Server<{ status: (status: LinkStatus) => void }> implements CustomTransportStrategy {
  override transportId: symbol = RPC_TRANSPORT;
  protected override readonly logger = new Logger(NatsRpcServer.name);

  private readonly connection: NatsConnection;
  private readonly subjects: Subjects;
  private readonly queue: string;
  private readonly endpoints: Endpoint[] = [];
  private readonly subscriptions: Subscription[] = [];
  private readonly inHand = new Set<Promise<void>>();
  private responder: ServiceResponder | undefined;
  private draining: Promise<void> | undefined;

  constructor(
    private readonly link: NatsLink,
    private readonly identity: RpcServerIdentity,
  ) {
    super();
    this.connection = connectionOf(link);
    this.subjects = new Subjects(identity.namespace);
    this.queue = `${identity.service}.${identity.slot}`;
  }

  /** Requests that are being answered now. */
  get active(): number {
    return this.inHand.size;
  }

  /** Calls back when the server knows all subscriptions: from then on no caller meets `NoResponders`. */
  listen(callback: (error?: unknown) => void): void {
    void this.begin(callback);
  }

  on(_event: 'status', listener: (status: LinkStatus) => void): void {
    this.link.onStatus(listener);
  }

  unwrap(): never {
    throw new InternalError('the NATS connection stays inside the messaging lib: pass the NatsLink around instead');
  }

  drain(): Promise<void> {
    this.draining ??= this.drainOnce();
    return this.draining;
  }

  /** Nest calls it when the application closes. The link stays open: it belongs to who made it. */
  close(): Promise<void> {
    return this.drain();
  }

  private async begin(callback: (error?: unknown) => void): Promise<void> {
    let failure: unknown;
    try {
      await this.subscribeAll();
    } catch (error) {
      failure = error;
    }
    callback(failure);
  }

  private async subscribeAll(): Promise<void> {
    for (const handler of this.getHandlers().values()) this.subscribe(handler);
    this.responder = new ServiceResponder(this.connection, this.identity, this.endpoints);
    await this.connection.flush();
  }

  private subscribe(handler: MessageHandler): void {
    const method = methodOf(handler);
    if (method === undefined) return;
    const { service, instance, cell } = this.identity;
    if (method.service !== service) {
      throw new InternalError(
        `a controller of ${service} binds ${method.service}.${method.method}: only ${method.service} may answer that`,
      );
    }
    const subject = this.subjects.rpc(service, method.method);
    const endpoint = new Endpoint(method, subject, this.queue, handler);
    this.endpoints.push(endpoint);
    this.take(endpoint, subject, this.queue);
    this.take(endpoint, this.subjects.rpcInCell(service, method.method, cell), this.queue);
    this.take(endpoint, this.subjects.rpcAtInstance(service, method.method, instance));
  }

  private take(endpoint: Endpoint, subject: string, queue?: string): void {
    const callback = (error: Error | null, message: Msg): void => {
      if (error === null) this.receive(endpoint, message);
      else this.logger.error(`the NATS server refuses the subscription to ${subject}: ${error.message}`);
    };
    this.subscriptions.push(this.connection.subscribe(subject, queue === undefined ? { callback } : { queue, callback }));
  }

  private receive(endpoint: Endpoint, message: Msg): void {
    if (message.reply !== undefined && message.reply !== '' && !isInbox(message.reply)) return this.refuse(endpoint, message);
    const work: Promise<void> = this.answer(endpoint, message).finally(() => this.inHand.delete(work));
    this.inHand.add(work);
  }

  /** A request that wants its answer anywhere but in an inbox is forged: nothing is done and nothing is sent. */
  private refuse(endpoint: Endpoint, { subject, reply }: Msg): void {
    const forged = new Forbidden(`a request on ${subject} wants its reply on ${reply}: only inboxes are answered`);
    this.logger.warn(forged.message);
    endpoint.count(0, forged.toBody());
  }

  /** Never rejects: what goes wrong goes to the caller. */
  private async answer(endpoint: Endpoint, message: Msg): Promise<void> {
    const startedAt = performance.now();
    const failure = await this.handle(endpoint, message).catch((error: unknown) => this.fail(message, error));
    endpoint.count(performance.now() - startedAt, failure);
  }

  private async handle(endpoint: Endpoint, message: Msg): Promise<undefined> {
    const incoming = incomingCorrelation(message.headers);
    if (isPassed(incoming.deadline, Date.now())) {
      throw new DeadlinePassed(`the deadline had passed when ${this.identity.instance} got the request; it was not begun`);
    }
    const request = readRequest(message.data, endpoint.method.request);
    const result = await this.invoke(endpoint, request, new RpcCall(message.subject, incoming, message.headers));
    sendResult(message, result, this.link.maxPayload);
  }

  private invoke(endpoint: Endpoint, request: object, call: RpcCall): Promise<unknown> {
    const run = async (): Promise<unknown> => {
      const outcome = await endpoint.handler(request, call);
      return lastValueFrom(this.transformToObservable<unknown>(outcome), { defaultValue: undefined });
    };
    return correlation.run(call.correlation, () => inSpan(endpoint.spanName, traceOf(call.correlation), run));
  }

  private fail(message: Msg, error: unknown): ErrorBody {
    const body = errorBodyOf(error);
    if (body.code === ErrorCode.Internal) this.logger.error(error);
    if (!this.connection.isClosed()) sendError(message, body, this.link.maxPayload);
    return body;
  }

  private async drainOnce(): Promise<void> {
    this.responder?.stop();
    await Promise.allSettled(this.subscriptions.map((subscription) => subscription.drain()));
    await Promise.all(this.inHand);
    if (this.link.status === 'connected') await this.connection.flush().catch(() => undefined);
  }
}

const traceOf = ({ traceparent, tracestate }: Correlation): { traceparent?: string; tracestate?: string } => ({
  ...(traceparent === undefined ? {} : { traceparent }),
  ...(tracestate === undefined ? {} : { tracestate }),
});
