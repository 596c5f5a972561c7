import { Unavailable } from '@aet/contracts';
import { Logger } from '@nestjs/common';
import type { NatsLink } from '../connection/nats-link.js';
import { type Accepted, Outbox, type OutboxStatus } from '../outbox.js';
import { outgoingHeaders } from '../rpc/outgoing-headers.js';
import { type StoredMessage, publishStored, requireFits } from '../stream/publish-stored.js';
import type { Published } from '../work-queue.js';
import { OutboxDrainer } from './outbox-drainer.js';
import { OutboxFolders } from './outbox-folders.js';
import type { OutboxRecord } from './outbox-record.js';
import type { OutboxStore, StoreOptions } from './outbox-store.js';

export interface FileOutboxOptions extends StoreOptions {
  /** Folder of all outboxes of this machine. */
  dir: string;
  /** Kind of process, see `OutboxFolders`. */
  name: string;
  /** Called when a message was refused and the one before was not, when that is over, and when something was set aside. */
  onChange?: (status: OutboxStatus) => void;
}

/** A direct publish that got no answer until then goes to disk. One unanswered try fits in, and a second one. Milliseconds. */
const DIRECT_MS = 2_500;
/** The same for a message that comes from disk: then its subject rests. Milliseconds. */
const DRAIN_MS = 2_000;
/** Between two looks for outboxes whose process died. Milliseconds. */
const ADOPT_MS = 60_000;
/** What may be missed takes this share of the room at most. */
const MINOR_SHARE = 0.5;

/** An outbox on this machine's disk, and its way to the streams. */
export class FileOutbox extends Outbox {
  private readonly logger = new Logger('Outbox');
  private readonly drainer: OutboxDrainer;
  private readonly adopted = new Map<OutboxStore, OutboxDrainer>();
  private readonly stopWatching: () => void;
  private readonly adoptTimer: NodeJS.Timeout;
  private adopting: Promise<void> = Promise.resolve();
  /** The last direct publish of each subject that is on its way. */
  private readonly direct = new Map<string, Promise<Published>>();
  private readonly counts = { kept: 0, drained: 0, refused: 0 };
  /** In outboxes that were adopted and are empty by now. */
  private setAsideElsewhere = 0;
  private problem: string | undefined;
  private closing: Promise<void> | undefined;

  private constructor(
    private readonly link: NatsLink,
    private readonly folders: OutboxFolders,
    private readonly store: OutboxStore,
    private readonly options: Pick<FileOutboxOptions, 'maxBytes' | 'onChange'>,
  ) {
    super();
    this.drainer = this.drainerOf(store);
    this.stopWatching = link.onStatus((status) => {
      if (status === 'connected') for (const drainer of [this.drainer, ...this.adopted.values()]) drainer.connected();
    });
    this.adoptTimer = setInterval(() => this.adopt(), ADOPT_MS);
    this.adoptTimer.unref();
    if (store.setAside > 0) this.tell();
    this.drainer.wake();
    this.adopt();
  }

  /** @throws what the disk says: the folder cannot be made or written, or is full. */
  static async open(link: NatsLink, options: FileOutboxOptions): Promise<FileOutbox> {
    const folders = new OutboxFolders(options.dir, options.name, options);
    return new FileOutbox(link, folders, await folders.own(), options);
  }

  async publish(message: StoredMessage, options: { minor?: boolean } = {}): Promise<Accepted> {
    const { subject } = message;
    if (this.link.status !== 'connected' || this.store.waitsFor(subject)) return this.keep(message, options);
    const publishing = publishStored(this.link, { ...message, withinMs: DIRECT_MS });
    this.direct.set(subject, publishing);
    try {
      return await publishing;
    } catch (error) {
      if (!(error instanceof Unavailable)) throw error;
      return await this.keep(message, options);
    } finally {
      if (this.direct.get(subject) === publishing) this.direct.delete(subject);
    }
  }

  holds(messageId: string): boolean {
    return [this.store, ...this.adopted.keys()].some(({ ledger }) => ledger.holds(messageId));
  }

  get status(): OutboxStatus {
    const stores = [this.store, ...this.adopted.keys()];
    const sum = (figure: (store: OutboxStore) => number): number => stores.reduce((total, store) => total + figure(store), 0);
    const oldestAt = Math.min(...stores.map(({ ledger }) => ledger.oldestAt() ?? Infinity));
    return {
      folder: this.store.folder,
      bytes: sum(({ bytes }) => bytes),
      limitBytes: this.options.maxBytes,
      records: sum(({ ledger }) => ledger.records),
      ...(oldestAt === Infinity ? {} : { oldestAt }),
      ...this.counts,
      setAside: this.setAsideElsewhere + sum(({ setAside }) => setAside),
      ...(this.problem === undefined ? {} : { problem: this.problem }),
    };
  }

  close(): Promise<void> {
    this.closing ??= this.closeOnce();
    return this.closing;
  }

  private async closeOnce(): Promise<void> {
    this.stopWatching();
    clearInterval(this.adoptTimer);
    await this.adopting;
    await Promise.all([this.drainer, ...this.adopted.values()].map((drainer) => drainer.stop()));
    await Promise.all([this.store, ...this.adopted.keys()].map((store) => store.close()));
  }

  private async keep(message: StoredMessage, { minor = false }: { minor?: boolean }): Promise<Accepted> {
    requireFits(this.link, message);
    // A message that was sent before this one may come back and wait: it goes first.
    await this.direct.get(message.subject)?.catch(() => undefined);
    if (this.store.ledger.holds(message.messageId)) return { kept: true };
    const first = this.store.ledger.records === 0;
    try {
      await this.store.append(recordOf(message), minor ? MINOR_SHARE : 1);
    } catch (error) {
      this.refused(error as Error);
      throw error;
    }
    if (first) this.logger.warn(`NATS does not take messages at present: they wait in ${this.store.folder}`);
    this.counts.kept += 1;
    this.solved();
    this.drainer.wake();
    return { kept: true };
  }

  private refused(error: Error): void {
    this.counts.refused += 1;
    const first = this.problem === undefined;
    this.problem = error.message;
    if (!first) return;
    this.logger.warn(`a message was refused: ${error.message}`);
    this.tell();
  }

  private solved(): void {
    if (this.problem === undefined) return;
    this.problem = undefined;
    this.tell();
  }

  private tell(): void {
    this.options.onChange?.(this.status);
  }

  private drainerOf(store: OutboxStore): OutboxDrainer {
    return new OutboxDrainer(store, {
      send: (record) => publishStored(this.link, { ...record, withinMs: DRAIN_MS }),
      connected: () => this.link.status === 'connected',
      onDrained: () => {
        this.counts.drained += 1;
        this.left(store);
      },
      onSetAside: () => {
        this.tell();
        this.left(store);
      },
    });
  }

  /** A message left the store. */
  private left(store: OutboxStore): void {
    if (store.ledger.records > 0) return;
    this.logger.log(`nothing waits in ${store.folder} any more`);
    if (store === this.store) this.solved();
    else this.giveUp(store);
  }

  /** An empty outbox of a dead process is free for the next one. */
  private giveUp(store: OutboxStore): void {
    const drainer = this.adopted.get(store);
    this.adopted.delete(store);
    this.setAsideElsewhere += store.setAside;
    void drainer?.stop().then(() => store.close());
  }

  /** Takes over what dead processes of the same kind left. */
  private adopt(): void {
    this.adopting = this.adopting.then(async () => {
      try {
        for (const store of await this.folders.orphans()) {
          const drainer = this.drainerOf(store);
          this.adopted.set(store, drainer);
          if (store.setAside > 0) this.tell();
          if (store.ledger.records === 0) this.giveUp(store);
          else drainer.wake();
        }
      } catch (error) {
        this.logger.warn(`outboxes of other processes could not be looked for: ${String(error)}`);
      }
    });
  }
}

function recordOf({ subject, messageId, payload, correlationId }: StoredMessage): OutboxRecord {
  const headers = Object.fromEntries([...outgoingHeaders({ correlationId })].map(([name, [value = '']]) => [name, value]));
  const bytes = typeof payload === 'string' ? Buffer.from(payload) : payload;
  return { at: Date.now(), messageId, subject, headers, payload: bytes };
}
