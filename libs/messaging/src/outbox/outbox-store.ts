import { type FileHandle, mkdir, open, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Unavailable } from '@aet/contracts';
import { Logger } from '@nestjs/common';
import type { FsyncPolicy } from '../outbox.js';
import { lockFolder } from './folder-lock.js';
import { OutboxLedger, type Waiting } from './outbox-ledger.js';
import { type OutboxRecord, recordBytes } from './outbox-record.js';
import { outboxFull, writeRefused } from './outbox-refusal.js';
import { type OpenFile, SET_ASIDE, Segment, openFile } from './segment.js';

export interface StoreOptions {
  /** All of it on disk, what is set aside included. */
  maxBytes: number;
  /** A segment is closed at this size; its space is given back when all its records are done. */
  segmentBytes: number;
  fsync: FsyncPolicy;
  /** With `interval`: accepted bytes reach the disk within this. Milliseconds. */
  fsyncMs: number;
  openFile?: OpenFile;
}

interface Queued {
  record: OutboxRecord;
  bytes: number;
  resolve: () => void;
  reject: (error: unknown) => void;
}

/** So much is written in one go: what came while the disk was busy shares its flush. Bytes. */
const WRITE_BYTES = 1024 * 1024;

/**
 * The messages of one outbox, on disk and as a ledger of what waits. One process at a time.
 *
 * Files: `<number>-<salt>.seg`, records behind each other; `<number>-<salt>.done`, marks of those that a stream has; `lock`; `set-aside/`.
 * There are none but the lock while nothing waits. A start never writes behind old records: it begins a new segment. All changes of files
 * go through one line (`inLine`), so a segment is never removed under a write.
 */
export class OutboxStore {
  readonly ledger = new OutboxLedger();
  private readonly logger = new Logger('Outbox');
  private readonly segments = new Map<number, Segment>();
  private active: Segment | undefined;
  private line: Promise<void> = Promise.resolve();
  private queue: Queued[] = [];
  private queuedBytes = 0;
  private asideBytes = 0;
  private asideCount = 0;
  private lastNumber = 0;
  private flushTimer: NodeJS.Timeout | undefined;
  private closed = false;

  private constructor(
    readonly folder: string,
    private readonly options: StoreOptions,
    private readonly lock: Disposable,
  ) {}

  /** Opens or makes it, and finds what waits. @throws {Conflict} another process has it; what the disk says. */
  static async open(folder: string, options: StoreOptions): Promise<OutboxStore> {
    await mkdir(join(folder, SET_ASIDE), { recursive: true, mode: 0o700 });
    const lock = lockFolder(folder);
    const store = new OutboxStore(folder, options, lock);
    try {
      await store.recover();
      return store;
    } catch (error) {
      await store.close();
      throw error;
    }
  }

  /** On disk or about to be. */
  get bytes(): number {
    let sum = this.asideBytes + this.queuedBytes;
    for (const { size } of this.segments.values()) sum += size;
    return sum;
  }
  /** Damaged stretches and messages that were set aside since the start. */
  get setAside(): number {
    return this.asideCount;
  }

  /** Whether messages of the subject wait, or are being written. */
  waitsFor(subject: string): boolean {
    return this.ledger.waitsFor(subject) || this.queue.some(({ record }) => record.subject === subject);
  }

  /**
   * Resolves when the record is safe, by the fsync policy.
   * @param share of the room that may be taken after it, 0 to 1
   * @throws {ResourceExhausted} no room: nothing was kept
   */
  append(record: OutboxRecord, share = 1): Promise<void> {
    if (this.closed) return Promise.reject(new Unavailable(`the outbox ${this.folder} is closed: this process is ending`));
    const bytes = recordBytes(record);
    const limit = this.options.maxBytes * share;
    if (this.bytes + bytes > limit) {
      const { bytes: taken, ledger } = this;
      return Promise.reject(outboxFull(this.folder, { bytes: taken, limit, records: ledger.records }));
    }
    this.queuedBytes += bytes;
    return new Promise((resolve, reject) => {
      this.queue.push({ record, bytes, resolve, reject });
      // What else comes in this turn of the event loop, or while the disk is busy, is written together.
      if (this.queue.length === 1) void this.inLine(() => this.writeQueued());
    });
  }

  /** Nothing when the record was damaged meanwhile. */
  async read(waiting: Waiting): Promise<OutboxRecord | undefined> {
    return this.segments.get(waiting.segment)?.read(waiting);
  }

  /** A stream has it: the ledger knows at once, the disk when it resolves. */
  async done(waiting: Waiting): Promise<void> {
    this.ledger.finished(waiting);
    // A segment that is deleted needs no marks.
    if (this.ledger.needs(waiting.segment)) this.segments.get(waiting.segment)?.mark(waiting.offset);
    await this.dropIfSpent(waiting.segment);
  }

  /** No stream will ever take it: its segment is kept for a person. */
  async setAsideFor(waiting: Waiting, reason: string): Promise<void> {
    const segment = this.segments.get(waiting.segment);
    if (segment !== undefined) segment.keep = true;
    this.asideCount += 1;
    this.logger.error(
      `the message ${waiting.messageId} to ${waiting.subject} cannot leave the outbox (${reason}): it is kept in ${join(this.folder, SET_ASIDE)}`,
    );
    this.ledger.finished(waiting);
    await this.dropIfSpent(waiting.segment);
  }

  /** What is being written is finished; what waits stays for the next start. */
  async close(): Promise<void> {
    this.closed = true;
    await this.inLine(async () => {
      await this.flush();
      for (const segment of this.segments.values()) await segment.close();
      this.segments.clear();
      this.lock[Symbol.dispose]();
    });
  }

  private async recover(): Promise<void> {
    const { openFile: opener = openFile } = this.options;
    const segments = await Segment.ofFolder(this.folder, opener);
    this.asideBytes = await bytesOf(join(this.folder, SET_ASIDE));
    for (const segment of segments) {
      this.segments.set(segment.number, segment);
      this.lastNumber = segment.number;
      await this.recoverSegment(segment, segment === segments.at(-1));
      await this.dropIfSpent(segment.number);
    }
    if (this.ledger.records > 0) this.logger.log(`${this.ledger.records} messages of an earlier start wait in ${this.folder}`);
  }

  private async recoverSegment(segment: Segment, isLast: boolean): Promise<void> {
    const { records, damaged, end, bytes, done } = await segment.recover();
    const tail = bytes - end;
    if (tail > 0 && isLast) {
      this.logger.warn(
        `the last record of ${this.folder} was torn or damaged: ${tail} bytes behind the last good one are cut off`,
      );
      await segment.cutTo(end);
    } else if (tail > 0) {
      damaged.push({ offset: end, length: tail });
    }
    for (const { record, offset, length } of records) {
      const { subject, messageId, at } = record;
      if (!done.has(offset)) this.ledger.add({ segment: segment.number, offset, length, subject, messageId, at });
    }
    if (damaged.length === 0) return;
    segment.keep = true;
    this.asideCount += damaged.length;
    const where = damaged.map(({ offset, length }) => `${length} bytes at ${offset}`).join(', ');
    this.logger.error(
      `segment ${segment.number} of the outbox ${this.folder} is damaged (${where}): what is good in it goes on, the file is then kept in ${join(this.folder, SET_ASIDE)}`,
    );
  }

  private async writeQueued(): Promise<void> {
    while (this.queue.length > 0) {
      const batch = this.nextBatch();
      try {
        await this.write(batch);
        for (const { resolve } of batch) resolve();
      } catch (cause) {
        const error = writeRefused(this.folder, cause);
        for (const { reject } of batch) reject(error);
      } finally {
        for (const { bytes } of batch) this.queuedBytes -= bytes;
        this.queue.splice(0, batch.length);
      }
    }
  }

  /** They stay in the queue while they are written: `waitsFor` looks there. */
  private nextBatch(): Queued[] {
    const most = Math.min(WRITE_BYTES, this.options.segmentBytes);
    let bytes = 0;
    const end = this.queue.findIndex((queued) => (bytes += queued.bytes) > most);
    return this.queue.slice(0, end === -1 ? this.queue.length : Math.max(end, 1));
  }

  private async write(batch: readonly Queued[]): Promise<void> {
    const records = batch.map(({ record }) => record);
    const segment = await this.segmentFor(batch.reduce((sum, { bytes }) => sum + bytes, 0));
    const size = segment.size;
    const places = await segment.append(records);
    if (this.options.fsync === 'always') await this.syncOrUndo(segment, size);
    else if (this.options.fsync === 'interval') this.flushSoon();
    for (const [index, { subject, messageId, at }] of records.entries()) {
      const { offset, length } = places[index] as { offset: number; length: number };
      this.ledger.add({ segment: segment.number, offset, length, subject, messageId, at });
    }
  }

  /** After a failed flush nobody knows what the disk has: those records were not accepted, and nothing is written behind them. */
  private async syncOrUndo(segment: Segment, size: number): Promise<void> {
    try {
      await segment.sync();
    } catch (error) {
      this.active = undefined;
      await segment.cutTo(size).catch(() => undefined);
      await this.removeIfSpent(segment.number);
      throw error;
    }
  }

  private async segmentFor(bytes: number): Promise<Segment> {
    const { active } = this;
    if (active !== undefined && (active.size === 0 || active.size + bytes <= this.options.segmentBytes)) return active;
    const { openFile: opener = openFile, fsync } = this.options;
    await this.flush();
    const segment = await Segment.create(this.folder, (this.lastNumber += 1), opener);
    this.active = segment;
    this.segments.set(segment.number, segment);
    if (active !== undefined) await this.removeIfSpent(active.number);
    if (fsync !== 'never') await syncFolder(this.folder);
    return segment;
  }

  private async dropIfSpent(number: number): Promise<void> {
    if (!this.ledger.needs(number)) await this.inLine(() => this.removeIfSpent(number));
  }

  /** In the line only. */
  private async removeIfSpent(number: number): Promise<void> {
    const segment = this.segments.get(number);
    // What is queued will be written to the active one: it would only be made again.
    if (segment === undefined || this.ledger.needs(number) || (segment === this.active && this.queue.length > 0)) return;
    this.segments.delete(number);
    if (segment === this.active) this.active = undefined;
    if (segment.keep) this.asideBytes += segment.size;
    await segment.remove();
  }

  private flushSoon(): void {
    this.flushTimer ??= setTimeout(() => void this.inLine(() => this.flush()), this.options.fsyncMs);
  }

  private async flush(): Promise<void> {
    clearTimeout(this.flushTimer);
    this.flushTimer = undefined;
    if (this.options.fsync !== 'never') await this.active?.sync();
  }

  private inLine(action: () => Promise<void>): Promise<void> {
    const ended = this.line.then(action);
    this.line = ended.catch((error: unknown) => this.logger.warn(`a file of ${this.folder}: ${String(error)}`));
    return this.line;
  }
}

/** The name of a new file is safe only when its folder is. */
async function syncFolder(folder: string): Promise<void> {
  // Windows opens no folders.
  if (process.platform === 'win32') return;
  const handle: FileHandle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function bytesOf(folder: string): Promise<number> {
  let sum = 0;
  for (const name of await readdir(folder)) sum += (await stat(join(folder, name))).size;
  return sum;
}
