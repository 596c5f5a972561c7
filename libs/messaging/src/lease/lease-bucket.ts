import { JetStreamApiCodes, JetStreamApiError, type JsMsg } from '@nats-io/jetstream';
import { type KV, type KvStatus, Kvm } from '@nats-io/kv';
import { type NatsLink, connectionOf } from '../connection/nats-link.js';
import { jetStreamError } from '../jetstream/jetstream-error.js';

/** What a lease's key holds. `claim` tells an own write whose answer was lost from another holder's. */
export interface Claimed<T> {
  claim: string;
  value: T;
}

export interface StoredClaim<T> extends Claimed<T> {
  key: string;
  revision: number;
  /** The server's time of the write, unix milliseconds. */
  writtenAt: number;
}

/** The server's answer to a conditional write. */
export type WriteOutcome = { kind: 'written'; revision: number } | { kind: 'refused' };

/** What happened to a key. `foreign`: somebody wrote what is not a claim. */
export type BucketMessage<T> =
  | { kind: 'claimed'; claim: StoredClaim<T> }
  | { kind: 'ended'; key: string; expired: boolean }
  | { kind: 'foreign'; key: string };

/** A KV bucket whose entries end by themselves after its TTL. Translates between its messages and claims; decides nothing. */
export class LeaseBucket<T> {
  private opened: Promise<OpenBucket> | undefined;

  constructor(
    readonly link: NatsLink,
    readonly name: string,
  ) {}

  /** Of the bucket; `Infinity` when its entries never end. Milliseconds. */
  async ttlMs(): Promise<number> {
    return (await this.open()).ttlMs;
  }

  /** Takes the key when nobody has it: never written, expired, or released. */
  async create(key: string, claimed: Claimed<T>): Promise<WriteOutcome> {
    const { kv } = await this.open();
    return outcomeOf(kv.create(key, JSON.stringify(claimed)));
  }

  async update(key: string, claimed: Claimed<T>, revision: number): Promise<WriteOutcome> {
    const { kv } = await this.open();
    return outcomeOf(kv.update(key, JSON.stringify(claimed), revision, WRITE_TIMEOUT_MS));
  }

  /** Ends the claim if it is still at that revision. */
  async remove(key: string, revision: number): Promise<void> {
    const { kv } = await this.open();
    await kv.delete(key, { previousSeq: revision });
  }

  async read(key: string): Promise<StoredClaim<T> | undefined> {
    const { kv } = await this.open();
    const entry = await kv.get(key);
    const claimed = entry?.operation === 'PUT' ? parseClaim<T>(entry.string()) : undefined;
    if (entry === null || claimed === undefined) return undefined;
    return { ...claimed, key: entry.key, revision: entry.revision, writtenAt: entry.created.getTime() };
  }

  /** A message of the bucket's stream. */
  async interpret(message: JsMsg): Promise<BucketMessage<T>> {
    const { prefix } = await this.open();
    const key = message.subject.slice(prefix.length);
    if (message.headers?.get('Nats-Marker-Reason') === 'MaxAge') return { kind: 'ended', key, expired: true };
    if ((message.headers?.get('KV-Operation') ?? '') !== '') return { kind: 'ended', key, expired: false };
    const claimed = parseClaim<T>(message.string());
    if (claimed === undefined) return { kind: 'foreign', key };
    return { kind: 'claimed', claim: { ...claimed, key, revision: message.seq, writtenAt: message.time.getTime() } };
  }

  /** The stream behind the bucket, for feeds. */
  async source(): Promise<{ stream: string; filter: string }> {
    const { stream, filter } = await this.open();
    return { stream, filter };
  }

  private open(): Promise<OpenBucket> {
    this.opened ??= this.openOnce().catch((error: unknown) => {
      this.opened = undefined;
      throw error;
    });
    return this.opened;
  }

  private async openOnce(): Promise<OpenBucket> {
    const kv = await new Kvm(connectionOf(this.link)).open(this.name);
    const { ttl, streamInfo } = await this.status(kv);
    const { name: stream, subjects } = streamInfo.config;
    const filter = subjects[0] ?? '';
    return { kv, ttlMs: ttl === 0 ? Infinity : ttl, stream, filter, prefix: filter.slice(0, -'>'.length) };
  }

  private async status(kv: KV): Promise<KvStatus> {
    try {
      return await kv.status();
    } catch (cause) {
      throw jetStreamError(cause, `opening the bucket ${this.name}, which the start of the cell makes`);
    }
  }
}

interface OpenBucket {
  kv: KV;
  ttlMs: number;
  stream: string;
  filter: string;
  /** What stands before a key in a subject. */
  prefix: string;
}

/** A renewal that got no answer in this time is tried again. Milliseconds. */
const WRITE_TIMEOUT_MS = 1_000;

async function outcomeOf(write: Promise<number>): Promise<WriteOutcome> {
  try {
    return { kind: 'written', revision: await write };
  } catch (error) {
    if (error instanceof JetStreamApiError && isOtherRevision(error.code)) return { kind: 'refused' };
    throw error;
  }
}

const isOtherRevision = (code: number): boolean =>
  code === JetStreamApiCodes.StreamWrongLastSequence || code === JetStreamApiCodes.StreamWrongLastSequenceUnknown;

/** Nothing for what is not a claim. */
function parseClaim<T>(text: string): Claimed<T> | undefined {
  try {
    const parsed = JSON.parse(text) as Claimed<T> | null;
    return typeof parsed === 'object' && typeof parsed?.claim === 'string' ? parsed : undefined;
  } catch {
    return undefined;
  }
}
