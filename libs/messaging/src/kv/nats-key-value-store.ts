import { type Bucket, Conflict, NotFound, bucketName } from '@aet/contracts';
import { JetStreamApiCodes, JetStreamApiError, type JsMsg } from '@nats-io/jetstream';
import { type KV, Kvm } from '@nats-io/kv';
import { Logger } from '@nestjs/common';
import { type NatsLink, connectionOf } from '../connection/nats-link.js';
import { jetStreamError } from '../jetstream/jetstream-error.js';
import { StreamFeed } from '../stream/stream-feed.js';
import { type KeyValueChange, type KeyValueEntry, KeyValueStore, KeyValueStores } from './key-value-store.js';

export interface KeyValueOptions {
  namespace: string;
  cell: string;
}

export class NatsKeyValueStores extends KeyValueStores {
  constructor(
    private readonly link: NatsLink,
    private readonly options: KeyValueOptions,
  ) {
    super();
  }

  open<T>(bucket: Bucket): KeyValueStore<T> {
    return new NatsKeyValueStore<T>(this.link, bucketName(bucket, this.options.namespace, this.options.cell));
  }
}

interface OpenBucket {
  kv: KV;
  stream: string;
  filter: string;
  /** What stands before a key in a subject. */
  prefix: string;
}

/** One bucket of the server. */
export class NatsKeyValueStore<T> extends KeyValueStore<T> {
  private readonly logger = new Logger(NatsKeyValueStore.name);
  private opened: Promise<OpenBucket> | undefined;

  constructor(
    private readonly link: NatsLink,
    private readonly name: string,
  ) {
    super();
  }

  async get(key: string, revision?: number): Promise<KeyValueEntry<T> | undefined> {
    const { kv } = await this.open();
    const options = revision === undefined ? undefined : { revision };
    const entry = await kv.get(key, options).catch((error: unknown) => this.fail(error, `reading ${key}`));
    if (entry === null || entry.operation !== 'PUT') return undefined;
    return this.entry(entry.key, entry.string(), { revision: entry.revision, writtenAt: entry.created.getTime() });
  }

  async create(key: string, value: T): Promise<number> {
    const { kv } = await this.open();
    return kv.create(key, JSON.stringify(value)).catch((error: unknown) => this.fail(error, `creating ${key}`));
  }

  async update(key: string, value: T, revision: number): Promise<number> {
    const { kv } = await this.open();
    return kv.update(key, JSON.stringify(value), revision).catch((error: unknown) => this.fail(error, `changing ${key}`));
  }

  async delete(key: string, revision: number): Promise<void> {
    const { kv } = await this.open();
    // A purge leaves one marker and no history; a bucket that is used for years keeps no more than its keys.
    await kv.purge(key, { previousSeq: revision }).catch((error: unknown) => this.fail(error, `deleting ${key}`));
  }

  async list(): Promise<KeyValueEntry<T>[]> {
    const { prefix } = await this.open();
    const entries = new Map<string, KeyValueEntry<T>>();
    for await (const message of (await this.feed()).toEnd()) {
      const change = this.read(message, prefix);
      if (change?.kind === 'put') entries.set(change.entry.key, change.entry);
      else if (change !== undefined) entries.delete(change.key);
    }
    return [...entries.values()];
  }

  async watch(onChange: (change: KeyValueChange<T>) => void): Promise<AsyncDisposable> {
    const feed = await this.feed();
    const { prefix } = await this.open();
    const { finished } = await feed.open((message) => {
      const change = this.read(message, prefix);
      if (change !== undefined) onChange(change);
    });
    return {
      [Symbol.asyncDispose]: async () => {
        feed.close();
        await finished;
      },
    };
  }

  private async feed(): Promise<StreamFeed> {
    const { stream, filter } = await this.open();
    return new StreamFeed(this.link, { stream, filter, from: 'last-per-subject' });
  }

  private read(message: JsMsg, prefix: string): KeyValueChange<T> | undefined {
    const key = message.subject.slice(prefix.length);
    if ((message.headers?.get('KV-Operation') ?? '') !== '') return { kind: 'deleted', key, revision: message.seq };
    const entry = this.entry(key, message.string(), { revision: message.seq, writtenAt: message.time.getTime() });
    return entry && { kind: 'put', entry };
  }

  /** One key that somebody wrote nonsense to must not hide all others. */
  private entry(
    key: string,
    text: string,
    write: Pick<KeyValueEntry<T>, 'revision' | 'writtenAt'>,
  ): KeyValueEntry<T> | undefined {
    try {
      return { key, value: JSON.parse(text) as T, ...write };
    } catch {
      this.logger.warn(`the key ${key} of ${this.name} holds no JSON; it was left out: delete it with "nats kv del"`);
      return undefined;
    }
  }

  private open(): Promise<OpenBucket> {
    this.opened ??= this.openOnce().catch((error: unknown) => {
      this.opened = undefined;
      return this.fail(error, `opening the bucket`);
    });
    return this.opened;
  }

  private async openOnce(): Promise<OpenBucket> {
    const kv = await new Kvm(connectionOf(this.link)).open(this.name);
    const { streamInfo } = await kv.status();
    const { name: stream, subjects } = streamInfo.config;
    const filter = subjects[0] ?? '';
    return { kv, stream, filter, prefix: filter.slice(0, -'>'.length) };
  }

  private fail(cause: unknown, doing: string): never {
    if (cause instanceof NotFound) throw cause;
    if (cause instanceof JetStreamApiError && CONFLICTS.has(cause.code)) {
      throw new Conflict(`${doing} in ${this.name}: somebody else wrote it first`, { cause });
    }
    throw jetStreamError(cause, `${doing} in ${this.name}`);
  }
}

const CONFLICTS: ReadonlySet<number> = new Set([
  JetStreamApiCodes.StreamWrongLastSequence,
  JetStreamApiCodes.StreamWrongLastSequenceUnknown,
]);
