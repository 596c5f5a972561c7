import { InternalError, type ServiceName, Subjects } from '@aet/contracts';
import { correlation } from '@aet/telemetry';
import { ClientProxy, type ReadPacket, type WritePacket } from '@nestjs/microservices';
import type { LinkStatus, NatsLink } from '../connection/nats-link.js';
import { whenConnected } from '../connection/when-connected.js';
import { CallSender } from './call-sender.js';
import { type IncomingStream, STREAM_SILENCE_MS, STREAM_WINDOW } from './stream/incoming-stream.js';

export interface ClientProxyOptions {
  link: NatsLink;
  namespace: string;
  /** Whose `@MessagePattern` and `@EventPattern` handlers are called. */
  service: ServiceName;
}

/** A wait for a link that reconnects; what waits here may be wanted no longer. Milliseconds. */
const CONNECT_LIMIT_MS = 30_000;

/**
 * Nest's own client for plain handlers: `send` for `@MessagePattern`, `emit` for `@EventPattern`; also as `customClass` of `ClientsModule`.
 * A handler that returns an Observable gives all its values. Unsubscribing, or an operator such as `timeout`, stops the handler.
 */
export class NatsClientProxy extends ClientProxy<{ status: (status: LinkStatus) => void }> {
  private readonly subjects: Subjects;
  private readonly sender: CallSender;

  constructor(private readonly options: ClientProxyOptions) {
    super();
    this.subjects = new Subjects(options.namespace);
    this.sender = new CallSender(options.link, options.namespace);
  }

  connect(): Promise<void> {
    return whenConnected(this.options.link, CONNECT_LIMIT_MS, undefined, `a message to ${this.options.service}`);
  }

  /** The link stays open: it belongs to who made it. */
  close(): void {}

  override on(_event: 'status', listener: (status: LinkStatus) => void): void {
    this.options.link.onStatus(listener);
  }

  unwrap(): never {
    throw new InternalError('the NATS connection stays inside the messaging lib: pass the NatsLink around instead');
  }

  protected publish(packet: ReadPacket, callback: (packet: WritePacket) => void): () => void {
    const subject = this.address(packet);
    const payload = this.sender.encode(subject, packet.data);
    const deadline = correlation.current()?.deadline;
    const incoming = this.sender.open(
      { service: this.options.service, subject, payload, deadline },
      { window: STREAM_WINDOW, silenceMs: STREAM_SILENCE_MS },
    );
    void deliver(incoming, callback);
    return () => incoming.close();
  }

  protected dispatchEvent<T>(packet: ReadPacket): Promise<T> {
    const subject = this.address(packet);
    this.sender.tell(subject, this.sender.encode(subject, packet.data));
    return Promise.resolve(undefined as T);
  }

  private address({ pattern }: ReadPacket): string {
    return this.subjects.rpcPattern(this.options.service, this.normalizePattern(pattern as string));
  }
}

/** What comes after the subscriber has gone, its Observable drops. */
async function deliver(incoming: IncomingStream, callback: (packet: WritePacket) => void): Promise<void> {
  try {
    for (let next = await incoming.next(); next.done !== true; next = await incoming.next()) callback({ response: next.value });
    callback({ isDisposed: true });
  } catch (err) {
    callback({ err, isDisposed: true });
  }
}
