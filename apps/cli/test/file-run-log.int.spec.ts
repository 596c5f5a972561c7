import { Conflict, type RunEvent, RunEventType } from '@aet/contracts';
import { appendFileSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FileRunLog, readRunFile } from '../src/adapters/file-run-log.js';

const RUN = '0192f0c1-0000-7000-8000-000000000001';
const paused = (reason: string): RunEvent => ({ type: RunEventType.Paused, data: { by: 'anna', reason } });

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'aet-file-log-'));
  path = join(folder, `${RUN}.ndjson`);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const written = async (...appends: RunEvent[][]): Promise<void> => {
  using log = await FileRunLog.open(path, RUN);
  for (const events of appends) log.append(events);
};
const reasons = (): unknown[] => (readRunFile(path, RUN) ?? []).map(({ data }) => (data as { reason?: string }).reason);

describe('the log of a run in a file', () => {
  it('gives back what was appended, in order and chained', async () => {
    await written([paused('a'), paused('b')], [paused('c')]);
    const events = readRunFile(path, RUN) ?? [];
    expect(events.map(({ sequence }) => sequence)).toEqual([1, 2, 3]);
    expect(reasons()).toEqual(['a', 'b', 'c']);
    using again = await FileRunLog.open(path, RUN);
    expect(again.events).toEqual(events);
  });

  it('is not there before its first append', () => {
    expect(readRunFile(path, RUN)).toBeUndefined();
  });

  it('forgets a torn append as a whole, wherever it was torn, and goes on behind the one before', async () => {
    await written([paused('a')], [paused('b'), paused('c')]);
    const whole = readFileSync(path);
    const first = whole.indexOf(0x0a) + 1;
    for (let length = first; length < whole.length; length += 17) {
      writeFileSync(path, whole.subarray(0, length));
      expect(reasons()).toEqual(['a']);
    }
    truncateSync(path, whole.length - 1);
    await written([paused('d')]);
    expect(reasons()).toEqual(['a', 'd']);
  });

  it('names the event that was changed', async () => {
    await written([paused('a'), paused('b'), paused('c')]);
    const text = readFileSync(path, 'utf8');
    writeFileSync(path, text.replace('"reason":"b"', '"reason":"x"'));
    expect(() => readRunFile(path, RUN)).toThrow(/event 2 is not what was written/);
    writeFileSync(path, text.replace('"event"', '"evnt"'));
    expect(() => readRunFile(path, RUN)).toThrow(/event 1 is not what was written/);
    writeFileSync(path, text);
    appendFileSync(path, text);
    expect(() => readRunFile(path, RUN)).toThrow(/event 4 is missing/);
  });

  it('belongs to one process at a time', async () => {
    using first = await FileRunLog.open(path, RUN);
    expect(first.events).toEqual([]);
    const { identityOf } = await import('../src/adapters/process-table.js');
    // Another living process has left its claim: this test's parent.
    const other = identityOf(process.ppid);
    expect(other).toBeDefined();
    writeFileSync(join(`${path}.lock`, `${other?.pid}.${other?.start.replaceAll(/[^A-Za-z0-9-]/g, '_')}`), '');
    await expect(FileRunLog.open(path, RUN)).rejects.toBeInstanceOf(Conflict);
  });
});
