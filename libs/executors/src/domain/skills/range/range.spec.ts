import { describe, expect, it } from 'vitest';
import { planBatches } from './batches.js';
import { parseRawDiff, parseTree, type ChangedFile } from './changed-file.js';
import { isContractCandidate, leftOutReason } from './path-kind.js';
import { projectId, remoteIdentity } from './project-id.js';
import { parseRange } from './range-spec.js';

const file = (path: string, more: Partial<ChangedFile> = {}): ChangedFile => ({
  path,
  status: 'added',
  mode: '100644',
  object: 'o',
  bytes: 10,
  ...more,
});

describe('parseRange', () => {
  it.each([
    [undefined, { kind: 'last-commit' }],
    [null, { kind: 'last-commit' }],
    ['  ', { kind: 'last-commit' }],
    ['a..b', { kind: 'pair', base: 'a', head: 'b', symmetric: false }],
    ['a...b', { kind: 'pair', base: 'a', head: 'b', symmetric: true }],
    ['a..', { kind: 'pair', base: 'a', head: 'HEAD', symmetric: false }],
    ['..b', { kind: 'pair', base: 'HEAD', head: 'b', symmetric: false }],
    ['v1.2.3', { kind: 'since', base: 'v1.2.3' }],
    ['HEAD~3', { kind: 'since', base: 'HEAD~3' }],
  ])('%s', (text, expected) => {
    expect(parseRange(text)).toEqual(expected);
  });

  it.each(['--exec=x', 'a..--b', 'a b', 'a..b..c', 'a\u0000b'])('refuses %j', (text) => {
    expect(() => parseRange(text)).toThrow('is not a range');
  });
});

describe('parseRawDiff', () => {
  it('reads every status and any name', () => {
    const raw = [
      ':000000 100644 0000 aaaa A',
      'new\nline',
      ':100644 000000 bbbb 0000 D',
      'gone',
      ':100644 100644 cccc dddd R087',
      'from',
      'to',
      ':100644 120000 eeee ffff T',
      'became link',
      '',
    ].join('\0');
    expect(parseRawDiff(raw)).toEqual([
      { path: 'new\nline', status: 'added', mode: '100644', object: 'aaaa', bytes: 0 },
      { path: 'gone', status: 'deleted', mode: '100644', object: '', bytes: 0 },
      { path: 'to', oldPath: 'from', status: 'renamed', mode: '100644', object: 'dddd', bytes: 0 },
      { path: 'became link', status: 'type-changed', mode: '120000', object: 'ffff', bytes: 0 },
    ]);
    expect(parseRawDiff('')).toEqual([]);
  });

  it('reads a tree with sizes, submodules without', () => {
    expect(parseTree('100644 blob aa      12\ta b\u0000160000 commit bb       -\tsub\0')).toEqual([
      file('a b', { object: 'aa', bytes: 12 }),
      file('sub', { object: 'bb', bytes: 0, mode: '160000' }),
    ]);
  });
});

describe('planBatches', () => {
  const limits = { filesPerBatch: 2, bytesPerBatch: 100, fileBytes: 90, files: 5, removed: 9, pathBytes: 1000 };
  const plan = (files: ChangedFile[]) => planBatches(files, (path) => path.startsWith('ignored'), limits);

  it('fills batches up to both limits', () => {
    const { batches } = plan([file('a'), file('b'), file('c', { bytes: 60 }), file('d', { bytes: 60 })]);
    expect(batches.map((batch) => batch.files)).toEqual([['a', 'b'], ['c'], ['d']]);
    expect(batches.map((batch) => batch.index)).toEqual([0, 1, 2]);
  });

  it('counts what it leaves out, by reason', () => {
    const files = [
      file('a.png'),
      file('node_modules/a.js'),
      file('x.min.js'),
      file('yarn.lock'),
      file('big', { bytes: 91 }),
      file('ignored'),
      file('l', { mode: '120000' }),
    ];
    expect(plan(files)).toEqual({
      batches: [],
      leftOut: { binary: 1, vendored: 1, generated: 1, lockfile: 1, 'too large': 1, ignored: 1, link: 1 },
    });
    expect(plan(Array.from({ length: 7 }, (_, i) => file(`f${i}`))).leftOut).toEqual({ 'over the limit': 2 });
  });

  it('forgets deleted and renamed paths, even when nothing is to be indexed', () => {
    const gone = [
      file('gone', { status: 'deleted' }),
      file('new', { status: 'renamed', oldPath: 'old' }),
      file('old2', { status: 'renamed', oldPath: 'gone2' }),
      file('gone2'),
    ];
    expect(plan(gone).batches[0]?.removed).toEqual(['gone', 'old']);
    expect(plan([file('gone', { status: 'deleted' })]).batches).toEqual([{ index: 0, files: [], removed: ['gone'] }]);
  });
});

describe('paths', () => {
  it.each([
    ['src/a.ts', undefined],
    ['docs/logo.PNG', 'binary'],
    ['go/vendor/x.go', 'vendored'],
    ['dist/a.js', 'generated'],
    ['distance/a.js', undefined],
    ['a/package-lock.json', 'lockfile'],
  ])('%s', (path, reason) => {
    expect(leftOutReason(path)).toBe(reason);
  });
  it.each([
    ['api/a.yml', true],
    ['a.schema.json', true],
    ['package.json', false],
    ['x/tsconfig.base.json', false],
    ['.github/a.yml', false],
    ['a.ts', false],
  ])('%s is a candidate: %s', (path, expected) => {
    expect(isContractCandidate(path)).toBe(expected);
  });
});

describe('projectId', () => {
  it('is one for all addresses of a repository, without credentials', () => {
    const same = [
      'https://example.org/Team/Shop.git',
      ['https://user:', 'word@example.org/team/shop'].join(''),
      'git@example.org:team/shop.git',
      'ssh://git@example.org/team/shop/',
    ];
    expect(new Set(same.map(remoteIdentity))).toEqual(new Set(['example.org/team/shop']));
  });
  it('makes a safe name of anything', () => {
    const digest = () => '0123456789abcdef';
    expect(projectId(null, 'Mein Projekt!', digest)).toBe('mein-projekt-01234567');
    expect(projectId(null, '漢字', digest)).toBe('project-01234567');
  });
});
