import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { allows, asIdentity, candidates, reaches } from './unprivileged.js';

const account = (name: string, uid: number) => ({ name, uid, gid: uid });
const STRANGER = account('stranger', 54_321);

describe('who runs the database instead of root', () => {
  it('is the user behind sudo first, then those made for it, never root', () => {
    const accounts = [account('root', 0), account('nobody', 65_534), account('postgres', 101), account('ann', 1_000)];
    expect(candidates(accounts, 1_000).map(({ name }) => name)).toEqual(['ann', 'postgres', 'nobody']);
    expect(candidates(accounts, 0).map(({ name }) => name)).toEqual(['postgres', 'nobody']);
    expect(candidates([account('root', 0)], undefined)).toEqual([]);
  });

  it('is let in by the bits that are his: owner, group or others, and only those', () => {
    const ann = account('ann', 7);
    expect(allows({ mode: 0o700, uid: 7, gid: 1 }, ann, 5)).toBe(true);
    expect(allows({ mode: 0o075, uid: 7, gid: 7 }, ann, 1)).toBe(false);
    expect(allows({ mode: 0o010, uid: 1, gid: 7 }, ann, 1)).toBe(true);
    expect(allows({ mode: 0o750, uid: 1, gid: 1 }, ann, 1)).toBe(false);
    expect(allows({ mode: 0o701, uid: 1, gid: 1 }, ann, 5)).toBe(false);
  });

  it('becomes another inside a namespace with the pid of the spawn: no fork in between', () => {
    const call = asIdentity({ kind: 'namespace', uid: 1_000 }, '/bin/postgres', ['-D', 'x']);
    expect(call).toEqual({
      program: 'unshare',
      args: ['--user', '--map-user=1000', '--map-group=1000', '--', '/bin/postgres', '-D', 'x'],
    });
  });
});

describe('a folder', () => {
  let top: string;
  beforeAll(() => {
    // The folder for temporary files may itself be out of a stranger's reach, as in a work folder of mode 0700.
    const base = [tmpdir(), '/tmp', '/var/tmp'].find((folder) => reaches(STRANGER, path.join(folder, 'in'))) ?? tmpdir();
    top = mkdtempSync(path.join(base, 'aet-reach-'));
    mkdirSync(path.join(top, 'in'));
  });
  afterAll(() => rmSync(top, { recursive: true }));

  it('is reached when every folder above it may be searched, be the last ones not yet made', () => {
    chmodSync(top, 0o711);
    expect(reaches(STRANGER, path.join(top, 'in', 'data'))).toBe(true);
    expect(reaches(STRANGER, path.join(top, 'in', 'not', 'yet'))).toBe(true);
    chmodSync(top, 0o700);
    expect(reaches(STRANGER, path.join(top, 'in', 'data'))).toBe(false);
  });
});
