import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFile, mkdir, mkdtemp, readFile, readdir, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Logger } from '@nestjs/common';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { FsyncPolicy } from '../src/index.js';
import type { Waiting } from '../src/outbox/outbox-ledger.js';
import { type OutboxRecord, recordBytes } from '../src/outbox/outbox-record.js';
import { OutboxStore, type StoreOptions } from '../src/outbox/outbox-store.js';
import { type OpenFile, SET_ASIDE, openFile } from '../src/outbox/segment.js';
import { LeakCheck, eventually } from '../src/testing/index.js';

const leaks = new LeakCheck();
beforeAll(() => leaks.begin());
afterAll(() => leaks.end());

// Things are damaged on purpose here.
Logger.overrideLogger(false);

let folder: string;
beforeEach(async () => void (folder = join(await mkdtemp(join(tmpdir(), 'aet-outbox-')), 'box')));
afterEach(() => rm(join(folder, '..'), { recursive: true, force: true }));

const OPTIONS: StoreOptions = { maxBytes: 1024 * 1024, segmentBytes: 4_096, fsync: 'never', fsyncMs: 20 };
const open = (options: Partial<StoreOptions> = {}): Promise<OutboxStore> => OutboxStore.open(folder, { ...OPTIONS, ...options });

const message = (number: number, subject = 's', bytes = 100): OutboxRecord => ({
  at: number,
  messageId: `m${number}`,
  subject,
  headers: { 'Aet-Correlation-Id': `c${number}` },
  payload: Buffer.alloc(bytes, number % 256),
});
const segments = async (dir = folder): Promise<string[]> =>
  (await readdir(dir)).filter((name) => name.endsWith('.seg')).toSorted();

/** Takes all that waits, in its order, and finishes it. */
async function drain(store: OutboxStore): Promise<string[]> {
  const ids: string[] = [];
  for (let next = store.ledger.take(0); next !== undefined; next = store.ledger.take(0)) {
    const record = await store.read(next);
    if (record === undefined) await store.setAsideFor(next, 'damaged');
    else {
      ids.push(record.messageId);
      await store.done(next);
    }
  }
  return ids;
}

describe('an outbox on disk', () => {
  it('gives messages back whole and in order, and then has no files', async () => {
    const store = await open();
    const all = Array.from({ length: 200 }, (_, number) => message(number));
    await Promise.all(all.map((one) => store.append(one)));
    expect(store.bytes).toBe(all.reduce((sum, one) => sum + recordBytes(one), 0));
    expect((await segments()).length).toBeGreaterThan(1);
    const first = store.ledger.take(0) as Waiting;
    const { payload, ...rest } = (await store.read(first)) as OutboxRecord;
    expect({ ...rest, payload: Buffer.from(payload) }).toEqual(all[0]);
    await store.done(first);
    expect(await drain(store)).toEqual(all.slice(1).map(({ messageId }) => messageId));
    expect([store.bytes, (await readdir(folder)).toSorted()]).toEqual([0, ['lock', SET_ASIDE]]);
    await store.append(message(1));
    expect(await drain(store)).toEqual(['m1']);
    await store.close();
  });

  it('gives the space of a segment back when all of it is done, though older ones wait', async () => {
    const store = await open();
    for (let number = 0; number < 100; number++) await store.append(message(number, number === 0 ? 'stuck' : 's'));
    const before = store.bytes;
    const stuck = store.ledger.take(0) as Waiting;
    expect(stuck.subject).toBe('stuck');
    await drain(store);
    expect(await segments()).toHaveLength(1);
    expect(store.bytes).toBeLessThan(before / 2);
    await store.done(stuck);
    expect(await segments()).toEqual([]);
    await store.close();
  });

  it('remembers over a restart what waits and what is done', async () => {
    const store = await open();
    for (let number = 0; number < 30; number++) await store.append(message(number, `s${number % 3}`));
    for (let count = 0; count < 7; count++) await store.done(store.ledger.take(0) as Waiting);
    const left = store.ledger.records;
    await store.close();
    const again = await open();
    expect(again.ledger.records).toBe(left);
    await again.append(message(30, 's0'));
    const ids = await drain(again);
    expect(ids).toHaveLength(24);
    expect(ids.filter((id) => Number(id.slice(1)) % 3 === 0).at(-1)).toBe('m30');
    await again.close();
  });

  it('belongs to one process', async () => {
    const store = await open();
    await expect(open()).rejects.toMatchObject({ code: 'CONFLICT', message: expect.stringContaining(folder) });
    await store.close();
    await (await open()).close();
  });

  it('that is closed refuses', async () => {
    const store = await open();
    await store.close();
    await expect(store.append(message(1))).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  });
});

describe('a full outbox', () => {
  it('refuses with a remedy, keeps what it has, and takes again when there is room', async () => {
    const store = await open({ maxBytes: 20 * recordBytes(message(10)), segmentBytes: 1_000 });
    let accepted = 0;
    const refusal = await (async () => {
      for (;;) await store.append(message(10 + accepted++));
    })().catch((error: unknown) => error);
    expect(refusal).toMatchObject({ code: 'RESOURCE_EXHAUSTED', retryable: true, details: { records: 20 } });
    expect((refusal as Error).message).toContain('outbox.maxBytes');
    expect(await drain(store)).toHaveLength(20);
    await store.append(message(99));
    await store.close();
  });

  it('keeps room for what matters', async () => {
    const store = await open({ maxBytes: 20 * recordBytes(message(10)) });
    for (let number = 10; number < 20; number++) await store.append(message(number), 0.5);
    await expect(store.append(message(20), 0.5)).rejects.toMatchObject({ code: 'RESOURCE_EXHAUSTED' });
    await store.append(message(20));
    await store.close();
  });

  /** A disk that takes so many bytes, the last write in part, as a real one does. */
  const diskOf =
    (room: { bytes: number }): OpenFile =>
    async (path, flags) => {
      const file = await openFile(path, flags);
      const write = file.write.bind(file) as (
        bytes: Buffer,
        from: number,
        length: number,
        at: number,
      ) => ReturnType<typeof file.write>;
      Object.assign(file, {
        write: async (bytes: Buffer, from: number, length: number, at: number) => {
          if (room.bytes <= 0) throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
          const taken = Math.min(length, room.bytes);
          room.bytes -= taken;
          return write(bytes, from, taken, at);
        },
      });
      return file;
    };

  it.each(['always', 'never'] as const)(
    'disk loses nothing that was accepted, and half a record is none (fsync %s)',
    async (fsync) => {
      const room = { bytes: 1_000 };
      const store = await open({ openFile: diskOf(room), fsync });
      const accepted: string[] = [];
      const refused: unknown[] = [];
      for (let number = 0; number < 10; number++) {
        await store.append(message(number)).then(
          () => accepted.push(`m${number}`),
          (error: unknown) => refused.push(error),
        );
      }
      expect([accepted.length > 3, refused.length > 3]).toEqual([true, true]);
      expect(refused[0]).toMatchObject({
        code: 'RESOURCE_EXHAUSTED',
        retryable: true,
        message: expect.stringContaining('free some space'),
      });
      room.bytes = 100_000;
      await store.append(message(50));
      await store.close();
      const again = await open();
      expect([again.setAside, await drain(again)]).toEqual([0, [...accepted, 'm50']]);
      await again.close();
    },
  );
});

describe('a crash', () => {
  const written = async (count: number): Promise<string> => {
    const store = await open({ segmentBytes: 1024 * 1024 });
    for (let number = 0; number < count; number++) await store.append(message(number));
    await store.close();
    return join(folder, (await segments()).join());
  };

  it.each([1, 40, 120])('that tore the last record by %i bytes costs only that one', async (bytes) => {
    const path = await written(5);
    await truncate(path, 5 * recordBytes(message(0)) - bytes);
    const store = await open();
    expect([store.setAside, await drain(store)]).toEqual([0, ['m0', 'm1', 'm2', 'm3']]);
    await store.close();
    expect(await segments()).toEqual([]);
  });

  it('that left rubbish behind the last record costs nothing', async () => {
    const path = await written(3);
    await appendFile(path, Buffer.alloc(5_000));
    const store = await open();
    expect(await drain(store)).toEqual(['m0', 'm1', 'm2']);
    await store.close();
  });

  it('between the file and its marks leaves no marks that could count for another', async () => {
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, '0000000001-00000000.done'), Buffer.alloc(64));
    const store = await open();
    expect(await readdir(folder)).not.toContain('0000000001-00000000.done');
    await store.close();
  });

  it('damaged record in the middle is set aside with its file; the rest goes on', async () => {
    const path = await written(5);
    const bytes = await readFile(path);
    bytes.fill(0xff, 2 * recordBytes(message(0)) + 30, 2 * recordBytes(message(0)) + 40);
    await writeFile(path, bytes);
    const store = await open();
    expect([store.setAside, store.ledger.records]).toEqual([1, 4]);
    expect(await drain(store)).toEqual(['m0', 'm1', 'm3', 'm4']);
    expect([await segments(), (await segments(join(folder, SET_ASIDE))).length]).toEqual([[], 1]);
    expect(store.bytes).toBe(bytes.length);
    await store.close();
    const again = await open();
    expect([again.ledger.records, again.bytes]).toEqual([0, bytes.length]);
    await again.close();
  });

  it.each<FsyncPolicy>(['always', 'never'])(
    'of the writing process (kill -9) loses nothing that was accepted, and keeps the order (fsync %s)',
    async (fsync) => {
      const writer = spawn(process.execPath, [join(import.meta.dirname, 'fixtures/outbox-writer.mjs'), folder, fsync], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      let said = '';
      writer.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
      const closed = once(writer, 'close');
      await eventually(() => said.split('\n').length > 300, 'three hundred accepted messages', 30_000);
      writer.kill('SIGKILL');
      await closed;
      const accepted = said
        .split('\n')
        .slice(0, -1)
        .map((line) => `m${line}`);
      const store = await open();
      const kept = await drain(store);
      const unique = new Set(kept);
      expect(accepted.filter((id) => !unique.has(id))).toEqual([]);
      expect(unique.size).toBe(kept.length);
      for (const subject of [0, 1, 2]) {
        const numbers = kept.map((id) => Number(id.slice(1))).filter((number) => number % 3 === subject);
        expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
      }
      expect(store.setAside).toBe(0);
      await store.close();
    },
  );
});
