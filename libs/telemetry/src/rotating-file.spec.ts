import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { overQuota } from './log-quota.js';
import { RotatingFile, type RotationOptions } from './rotating-file.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'aet-log-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const open = (options: Partial<RotationOptions> = {}): RotatingFile =>
  new RotatingFile({ folder, name: 'a.log', maxFileBytes: 100, maxFiles: 2, quotaBytes: 100_000, ...options });
const read = (name: string): string => readFileSync(join(folder, name), 'utf8');
const line = (n: number): string => `${String(n).padStart(39, '0')}\n`;

describe('RotatingFile', () => {
  it('keeps the newest lines in so many files of such a size, and drops the oldest', () => {
    const file = open();
    for (let n = 1; n <= 9; n++) file.write(line(n), n);
    file.close();
    expect(readdirSync(folder).toSorted()).toEqual(['a.log', 'a.log.1', 'a.log.2']);
    expect(read('a.log')).toBe(line(9));
    expect(read('a.log.1')).toBe(line(7) + line(8));
    expect(read('a.log.2')).toBe(line(5) + line(6));
  });

  it('goes on in a file that it finds, and makes the folder', () => {
    const options = { folder: join(folder, 'new', 'logs') };
    open(options).write(line(1), 1);
    open(options).write(line(2), 2);
    expect(readFileSync(join(options.folder, 'a.log'), 'utf8')).toBe(line(1) + line(2));
  });

  it('stores a line that is larger than a file whole', () => {
    const file = open();
    file.write(line(1), 1);
    file.write(`${'x'.repeat(500)}\n`, 2);
    expect(statSync(join(folder, 'a.log')).size).toBe(501);
    expect(read('a.log.1')).toBe(line(1));
  });

  it('begins anew when its file was deleted', () => {
    const file = open();
    file.write(line(1), 1000);
    unlinkSync(join(folder, 'a.log'));
    file.write(line(2), 5000);
    expect(read('a.log')).toBe(line(2));
  });

  it('deletes the oldest files of others when the folder is over its quota, never its own and never what is no log', () => {
    for (const [name, age] of [
      ['old.log', 30],
      ['older.log.1', 40],
      ['young.log', 1],
    ] as const) {
      writeFileSync(join(folder, name), 'y'.repeat(400));
      utimesSync(join(folder, name), Date.now() / 1000 - age, Date.now() / 1000 - age);
    }
    writeFileSync(join(folder, 'notes.txt'), 'z'.repeat(5000));
    open({ quotaBytes: 900 }).write(line(1), 1);
    expect(existsSync(join(folder, 'older.log.1'))).toBe(false);
    expect(readdirSync(folder).toSorted()).toEqual(['a.log', 'notes.txt', 'old.log', 'young.log']);
  });

  it('throws what the file system says, and writes again when it can', () => {
    const blocked = join(folder, 'file');
    writeFileSync(blocked, '');
    const file = open({ folder: blocked });
    expect(() => file.write(line(1), 1)).toThrow(/EEXIST|ENOTDIR/);
    unlinkSync(blocked);
    file.write(line(2), 2);
    expect(readFileSync(join(blocked, 'a.log'), 'utf8')).toBe(line(2));
  });
});

it('a quota names the files not written to for longest, and no more than it must', () => {
  const file = (name: string, bytes: number, modifiedMs: number) => ({ name, bytes, modifiedMs });
  const files = [file('c.log', 50, 3), file('a.log', 50, 1), file('own.log', 900, 0), file('b.log', 50, 2)];
  expect(overQuota(files, 1050, 'own.log')).toEqual([]);
  expect(overQuota(files, 990, 'own.log').map(({ name }) => name)).toEqual(['a.log', 'b.log']);
});
