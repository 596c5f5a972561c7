import { Draining, Forbidden, InternalError, Subjects, isInbox } from '@aet/contracts';
import type { Msg, NatsConnection, Subscription } from '@nats-io/nats-core';
import { Logger } from '@nestjs/common';
import { type CustomTransportStrategy, Server } from '@nestjs/microservices';
import { type LinkStatus, type NatsLink, connectionOf } from '../connection/nats-link.js';
import { messagingErrorsOf } from '../messaging-errors.js';
import type { MethodLoad } from '../policies/load-shedder.js';
import { ServiceResponder } from '../services-protocol/service-responder.js';
import { Answerer, type Around } from './answerer.js';
import { bindEndpoint } from './bind-endpoint.js';
import { CallsInHand } from './calls-in-hand.js';
import type { Endpoint, MethodTraffic } from './endpoint.js';
import type { RpcCall } from './rpc-call.js';
import type { RpcServerIdentity } from './rpc-server-identity.js';
import { RPC_TRANSPORT } from './rpc.decorator.js';
import { OutgoingStreams } from './stream/outgoing-streams.js';

const HEARTBEAT_MS = 1_000;
const STREAM_GRACE_MS = 5_000;

export interface RpcServerOptions {
  /** Refuse a request at once that cannot be answered before its deadline. Default: yes. */
  shed?: boolean;
  /** At least so often the reader of a stream hears something. Default 1 s. Milliseconds. */
  heartbeatMs?: number;
  /** So long a drain lets streams go on by themselves: a stream may have no end. Default 5 s. Milliseconds. */
  streamGraceMs?: number;
}

/**
 * Answers the methods that controllers bind by `@Rpc`, `@MessagePattern` and `@EventPattern`, as a Nest transport. Each has three addresses:
 * the service's and the cell's, shared by the instances of one slot, and the instance's own. Also answers `$SRV` for the instance.
 * `drain` stops taking requests, loses none that the server has handed over, and resolves when all are answered; a stream that has not ended
 * 5 s later ends with `Draining`, which its reader may ask another instance for.
 */
export class NatsRpcServer extends Server<{ status: (status: LinkStatus) => void }> implements CustomTransportStrategy {
  override transportId: symbol = RPC_TRANSPORT;
  protected override readonly logger = new Logger(NatsRpcServer.name);

  private readonly connection: NatsConnection;
  private readonly subjects: Subjects;
  private readonly calls = new CallsInHand();
  private readonly streams: OutgoingStreams;
  private readonly answerer: Answerer;
  private readonly endpoints: Endpoint[] = [];
  private readonly subscriptions: Subscription[] = [];
  /** What callers say of calls in hand: heard until the last is answered. */
  private readonly asides: Subscription[] = [];
  private responder: ServiceResponder | undefined;
  private draining: Promise<void> | undefined;
  private hooked = false;

  constructor(
    private readonly link: NatsLink,
    private readonly identity: RpcServerIdentity,
    private readonly options: RpcServerOptions = {},
  ) {
    super();
    this.connection = connectionOf(link);
    this.subjects = new Subjects(identity.namespace);
    const { shed = true, heartbeatMs = HEARTBEAT_MS } = options;
    this.streams = new OutgoingStreams({ link, limits: this.calls.limits, heartbeatMs }, this.subjects, identity);
    const { instance } = identity;
    const { calls, streams, logger } = this;
    const around: Around = (call, work) => (this.hooked ? this.betweenHooks(call, work) : work());
    this.answerer = new Answerer({ link, instance, calls, streams, logger, shed, around });
  }

  /** Requests that are being answered now. */
  get active(): number {
    return this.calls.size;
  }

  /** The load of each method, and what was answered since the start. */
  get load(): ({ method: string } & MethodLoad & MethodTraffic)[] {
    return this.endpoints.map(({ spanName, shedder, traffic }) => ({ method: spanName, ...shedder.load, ...traffic }));
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

  override setOnProcessingStartHook(...hook: Parameters<Server['setOnProcessingStartHook']>): void {
    super.setOnProcessingStartHook(...hook);
    this.hooked = true;
  }

  override setOnProcessingEndHook(...hook: Parameters<Server['setOnProcessingEndHook']>): void {
    super.setOnProcessingEndHook(...hook);
    this.hooked = true;
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
    const { service, instance, cell } = this.identity;
    for (const [pattern, handler] of this.getHandlers()) {
      const endpoint = bindEndpoint(pattern, handler, this.identity, this.subjects);
      const { subject, queue } = endpoint.binding;
      this.endpoints.push(endpoint);
      this.take(endpoint, subject, queue);
      this.take(endpoint, this.subjects.inCell(subject, cell), queue);
      this.take(endpoint, this.subjects.atInstance(subject, instance));
    }
    this.asides.push(
      this.hear(this.subjects.rpcCancel(service), (message) => this.calls.cancel(message.string())),
      this.hear(this.subjects.rpcCredits(service, instance), (message) => this.streams.controlled(message)),
    );
    this.responder = new ServiceResponder(this.connection, this.identity, this.endpoints);
    await this.connection.flush();
  }

  private take(endpoint: Endpoint, subject: string, queue?: string): void {
    this.subscriptions.push(this.hear(subject, (message) => this.receive(endpoint, message), queue));
  }

  private hear(subject: string, heard: (message: Msg) => void, queue?: string): Subscription {
    const callback = (error: Error | null, message: Msg): void => {
      if (error === null) heard(message);
      else this.logger.error(`the NATS server refuses the subscription to ${subject}: ${error.message}`);
    };
    return this.connection.subscribe(subject, queue === undefined ? { callback } : { queue, callback });
  }

  private receive(endpoint: Endpoint, message: Msg): void {
    if (message.reply !== undefined && message.reply !== '' && !isInbox(message.reply)) this.refuse(endpoint, message);
    else void this.answerer.answer(endpoint, message);
  }

  /** As Nest's own transports do it: the hook of the start runs the work, when it likes, and the hook of the end is told once. */
  private betweenHooks(call: RpcCall, work: () => Promise<unknown>): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const done = async (): Promise<void> => {
        await work()
          .finally(() => this.onProcessingEndHook?.(this.transportId, call))
          .then(resolve, reject);
      };
      this.onProcessingStartHook(this.transportId, call, done);
    });
  }

  /** A request that wants its answer anywhere but in an inbox is forged: nothing is done and nothing is sent. */
  private refuse(endpoint: Endpoint, { subject, reply }: Msg): void {
    const forged = new Forbidden(`a request on ${subject} wants its reply on ${reply}: only inboxes are answered`);
    this.logger.warn(forged.message);
    endpoint.count(0, forged.toBody());
    messagingErrorsOf(this.link).count('request', forged);
  }

  private async drainOnce(): Promise<void> {
    this.responder?.stop();
    await Promise.allSettled(this.subscriptions.map((subscription) => subscription.drain()));
    const { streamGraceMs = STREAM_GRACE_MS } = this.options;
    const grace = setTimeout(() => this.streams.breakAll(new Draining(`${this.identity.instance} stops`)), streamGraceMs);
    await this.calls.idle();
    clearTimeout(grace);
    this.calls.limits.stop();
    for (const aside of this.asides) aside.unsubscribe();
    if (this.link.status === 'connected') await this.connection.flush().catch(() => undefined);
  }
}
