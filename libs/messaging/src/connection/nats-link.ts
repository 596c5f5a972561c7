import { type NatsConnection, PermissionViolationError, type Status } from '@nats-io/nats-core';
import { Logger } from '@nestjs/common';
import { type LinkCounts, unwatched, watched } from './link-counts.js';

export type LinkStatus = 'connected' | 'reconnecting' | 'closed';

type StatusListener = (status: LinkStatus) => void;
type DenialListener = (denial: PermissionViolationError) => void;

/** What this lib sees of a link; nobody else can reach it. */
interface LinkParts {
  connection: NatsConnection;
  inboxPrefix: string;
  denials: Set<DenialListener>;
}

let construct: (connection: NatsConnection, inboxPrefix: string) => NatsLink;
let partsOf: (link: NatsLink) => LinkParts;

/** How long a drain waits for the server's word before it closes anyway. Milliseconds. */
const DRAIN_LIMIT_MS = 5_000;
/** Of a server that has not said yet; NATS' own default. */
const DEFAULT_MAX_PAYLOAD = 1_048_576;

/**
 * A connection to the cell's NATS, as the rest of AET sees it: something to pass around, to watch and to end.
 * It reconnects for ever; `closed` comes only from `drain`, `close`, or a server that refuses the credentials twice in a row.
 * The NATS connection inside is reachable only within this lib.
 */
export class NatsLink {
  static {
    construct = (connection, inboxPrefix) => new NatsLink(connection, inboxPrefix);
    partsOf = (link) => link.#parts;
  }

  readonly #parts: LinkParts;
  readonly #listeners = new Set<StatusListener>();
  #status: LinkStatus = 'connected';
  #serverVersion = '';
  #server = '';
  #maxPayload = DEFAULT_MAX_PAYLOAD;
  #watch = unwatched;
  #draining: Promise<void> | undefined;

  private constructor(connection: NatsConnection, inboxPrefix: string) {
    this.#parts = { connection, inboxPrefix, denials: new Set() };
    this.#readInfo();
    void this.#follow();
  }

  get status(): LinkStatus {
    return this.#status;
  }

  /** Such as `2.15.2`; of the server last connected to. */
  get serverVersion(): string {
    return this.#serverVersion;
  }

  /** `host:port` of the server last connected to. */
  get server(): string {
    return this.#server;
  }

  get counts(): Readonly<LinkCounts> {
    return this.#watch.counts;
  }

  /** Largest message that the server takes, headers included. Bytes. */
  get maxPayload(): number {
    return this.#maxPayload;
  }

  /** Calls back at every change. Returns how to stop that. */
  onStatus(listener: StatusListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * Lets subscriptions finish what has arrived, sends what is buffered, closes. Never rejects, and never waits for a server that is gone:
   * without a connection it closes at once, with one within 5 s.
   */
  drain(): Promise<void> {
    this.#draining ??= this.#drainOnce();
    return this.#draining;
  }

  async close(): Promise<void> {
    const { connection } = this.#parts;
    if (!connection.isClosed()) await connection.close().catch(() => undefined);
    this.#turn('closed');
  }

  async #drainOnce(): Promise<void> {
    const { connection } = this.#parts;
    if (this.#status === 'connected' && !connection.isClosed()) {
      // The drain of a connection that breaks meanwhile waits for the next one: whoever drains wants to leave.
      await firstOf([connection.drain(), this.#lost()], DRAIN_LIMIT_MS);
    }
    await this.close();
  }

  #lost(): Promise<void> {
    return new Promise((resolve) => {
      const stop = this.onStatus(() => {
        stop();
        resolve();
      });
    });
  }

  async #follow(): Promise<void> {
    const { connection, denials } = this.#parts;
    for await (const event of connection.status()) {
      this.#observe(event);
      if (event.type === 'disconnect') this.#turn('reconnecting');
      else if (event.type === 'reconnect') {
        this.#readInfo();
        this.#turn('connected');
      } else if (event.type === 'error' && event.error instanceof PermissionViolationError) {
        for (const listener of denials) listener(event.error);
      }
    }
    this.#turn('closed');
  }

  /** A server that says nothing else about a slow consumer than the end of the connection makes it look like a bad network: so it is an error. */
  #observe(event: Status): void {
    const { connection } = this.#parts;
    const before = this.#watch.counts.slowConsumers;
    this.#watch = watched(this.#watch, event, connection.stats().inBytes);
    if (this.#watch.counts.slowConsumers === before) return;
    const where = event.type === 'slowConsumer' ? ` (${event.pending} messages wait on ${event.sub.getSubject()})` : '';
    new Logger(NatsLink.name).error(
      `slow consumer: this process reads more slowly than NATS sends${where}; the server ends such a connection. Give it less to do, or more processor`,
    );
  }

  #readInfo(): void {
    const { info } = this.#parts.connection;
    this.#server = this.#parts.connection.getServer();
    if (info === undefined) return;
    this.#serverVersion = info.version;
    this.#maxPayload = info.max_payload;
  }

  #turn(status: LinkStatus): void {
    if (this.#status === status || this.#status === 'closed') return;
    this.#status = status;
    for (const listener of this.#listeners) tell(listener, status);
  }
}

/** A listener that throws must not cost the others their news. */
function tell(listener: StatusListener, status: LinkStatus): void {
  try {
    listener(status);
  } catch (error) {
    new Logger(NatsLink.name).error(error);
  }
}

export const linkOver = (connection: NatsConnection, inboxPrefix: string): NatsLink => construct(connection, inboxPrefix);

/** For this lib only: not exported from its door. */
export const connectionOf = (link: NatsLink): NatsConnection => partsOf(link).connection;

/** Where replies to this link's user may arrive. */
export const inboxPrefixOf = (link: NatsLink): string => partsOf(link).inboxPrefix;

/** Calls back when the server refuses a publish or a subscription. Returns how to stop that. */
export function onDenied(link: NatsLink, listener: DenialListener): () => void {
  const { denials } = partsOf(link);
  denials.add(listener);
  return () => denials.delete(listener);
}

/** Waits for the first that settles, at most `limitMs`. Never rejects. */
async function firstOf(promises: readonly Promise<unknown>[], limitMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise((resolve) => {
    timer = setTimeout(resolve, limitMs);
  });
  await Promise.race([...promises.map((promise) => promise.catch(() => undefined)), limit]);
  clearTimeout(timer);
}
