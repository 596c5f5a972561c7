import { describe, expect, it } from 'vitest';
import { advisoryFindings, advisoryQuery } from './advisories.js';
import { licenceKind } from './licences.js';
import { auditLock } from './lock-audit.js';
import { lockLines, readNpmLock, type NpmLock } from './npm-lock.js';

const tarball = 'https://r.example/a/-/a-1.0.0.tgz';
const good = { version: '1.0.0', resolved: tarball, integrity: 'sha512-x', license: 'MIT' };
const text = (packages: Record<string, object>): string =>
  JSON.stringify({ lockfileVersion: 3, packages: { '': {}, ...packages } }, null, 2);
function lockOf(packages: Record<string, object>): NpmLock {
  const read = readNpmLock(text(packages));
  if (!read.ok) throw new Error(read.reason);
  return read.lock;
}
const audit = (packages: Record<string, object>) =>
  auditLock({
    file: 'package-lock.json',
    lock: lockOf(packages),
    lines: lockLines(text(packages)),
    installedLicence: () => undefined,
  });

describe('auditLock', () => {
  it.each<[string, object, string[]]>([
    ['nothing', {}, []],
    ['no integrity', { integrity: undefined }, ['dependency/integrity-missing']],
    ['sha1', { integrity: 'sha1-x' }, ['dependency/integrity-weak']],
    ['http', { resolved: 'http://r.example/a/-/a.tgz' }, ['dependency/insecure-source']],
    ['git', { resolved: 'git+ssh://git@example.org/a.git#1', integrity: undefined }, ['dependency/git-source']],
    ['another host', { resolved: 'https://files.example.org/a.zip' }, ['dependency/tarball-source']],
    ['a file', { resolved: 'file:../a.tgz' }, ['dependency/file-source']],
    ['deprecated', { deprecated: 'use b' }, ['dependency/deprecated']],
    ['copyleft', { license: 'GPL-3.0-or-later' }, ['dependency/licence-copyleft']],
    ['weak copyleft', { license: 'MPL-2.0' }, ['dependency/licence-weak-copyleft']],
    ['no licence', { license: undefined }, ['dependency/licence-unknown']],
    ['bundled', { resolved: undefined, integrity: undefined, inBundle: true }, []],
    ['a workspace', { resolved: 'libs/a', link: true, license: undefined }, []],
  ])('%s', (_, parts, rules) => {
    expect(audit({ 'node_modules/a': { ...good, ...parts } }).map(({ rule }) => rule)).toEqual(rules);
  });

  it('tells several majors of one package, and minors below 1', () => {
    const two = (version: string) => audit({ 'node_modules/a': good, 'node_modules/b/node_modules/a': { ...good, version } });
    expect(two('2.0.0')).toMatchObject([
      { rule: 'dependency/duplicate', message: 'a is installed in 2 major versions: 1.0.0, 2.0.0', line: 5 },
    ]);
    expect(two('1.2.0')).toEqual([]);
  });

  it('reports a package once, however often it is installed', () => {
    const bad = { ...good, integrity: 'sha1-x' };
    expect(audit({ 'node_modules/a': bad, 'node_modules/b/node_modules/a': bad })).toHaveLength(1);
  });
});

describe('licenceKind', () => {
  it.each([
    ['MIT', 'permissive'],
    ['(MIT OR GPL-3.0)', 'permissive'],
    ['MIT AND GPL-2.0', 'copyleft'],
    ['GPL-2.0 WITH Classpath-exception-2.0', 'copyleft'],
    ['LGPL-3.0', 'weak-copyleft'],
    ['Apache 2.0', 'permissive'],
    ['SEE LICENSE IN LICENSE', 'unknown'],
    ['UNLICENSED', 'unlicensed'],
    [undefined, 'unknown'],
  ])('%s', (expression, kind) => {
    expect(licenceKind(expression)).toBe(kind);
  });
});

describe('advisories', () => {
  const lock = lockOf({
    'node_modules/a': good,
    'node_modules/b/node_modules/a': { ...good, version: '2.0.0' },
    'node_modules/g': { ...good, resolved: 'git+ssh://x/g' },
  });
  it('asks once for each version, for packages of a registry only', () => {
    expect(advisoryQuery(lock)).toEqual({ a: ['1.0.0', '2.0.0'] });
  });
  it('reports only versions in the range, and survives any answer', () => {
    const answer = {
      a: [{ title: 't', severity: 'moderate', vulnerable_versions: '>=2' }, { vulnerable_versions: '>=3' }],
      b: 4,
    };
    expect(advisoryFindings(answer, lock, 'l', new Map())).toMatchObject([
      { severity: 'medium', message: expect.stringContaining('a@2.0.0: t') as string },
    ]);
    expect(advisoryFindings('nonsense', lock, 'l', new Map())).toEqual([]);
  });
});
