import { existsSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ContractGuardianSkill } from '../src/adapters/skills/contract-guardian.skill.js';
import { DocumentIndexSkill } from '../src/adapters/skills/document-index.skill.js';
import { SecretScanSkill } from '../src/adapters/skills/secret-scan.skill.js';
import { GitFixture } from './git-fixture.js';
import { SkillBench } from './skill-bench.js';

/** Made when the test runs, so that this file holds nothing that looks like a secret. */
const token = (): string => ['ghp', 'abcdefghijklmnopqrstuvwxyzABCDEFGH12'].join('_');
const privateKey = (): string =>
  ['-----BEGIN RSA', ' PRIVATE KEY-----\n', 'MIIEowIBAAKCAQEA'.repeat(8), '\n-----END RSA', ' PRIVATE KEY-----'].join('');

describe('secret-scan', () => {
  it('finds a secret in the added lines only, with its line, and never shows it', async () => {
    using repo = GitFixture.init();
    using bench = new SkillBench();
    repo.write('src/old.ts', `const before = "${token()}";\n`).commit();
    repo
      .write('src/old.ts', `const before = "${token()}";\nconst x = 1;\n`)
      .write('src/new file.ts', `\n\nconst t = "${token()}";\n`)
      .commit();
    const range = await bench.range(repo.path);
    const report = await bench.run(new SecretScanSkill(), range);
    expect(report.findings).toMatchObject([
      { rule: 'secret/github', severity: 'critical', certainty: 'likely', file: 'src/new file.ts', line: 3 },
    ]);
    expect(report.counts).toMatchObject({ files: 2 });
    expect(JSON.stringify([report, bench.logs])).not.toContain(token().slice(4, 20));
  });

  it('scans whole files when the whole tree is new, with secrets of several lines', async () => {
    using repo = GitFixture.init();
    using bench = new SkillBench();
    repo.write('deploy/key.pem', `${privateKey()}\n`).write('docs/a.md', `token ${token()}\n`).commit();
    const report = await bench.run(new SecretScanSkill(), await bench.range(repo.path));
    expect(report.findings).toMatchObject([
      { rule: 'secret/privatekey', severity: 'critical', certainty: 'likely', file: 'deploy/key.pem', line: 1 },
      { rule: 'secret/github', certainty: 'possible', file: 'docs/a.md', line: 1 },
    ]);
  });

  it('honours an inline comment and says so', async () => {
    using repo = GitFixture.init();
    using bench = new SkillBench();
    repo.write('a.ts', 'x\n').commit();
    repo.write('a.ts', `x\n// secretlint-disable-next-line\nconst t = "${token()}";\n`).commit();
    const report = await bench.run(new SecretScanSkill(), await bench.range(repo.path));
    expect(report.findings).toMatchObject([{ severity: 'info', line: 3, file: 'a.ts' }]);
  });

  it('counts what it does not read: binaries, huge files, links', async () => {
    using repo = GitFixture.init();
    using bench = new SkillBench();
    repo.write('a', 'x').commit();
    repo
      .write('image.png', 'x')
      .write('data', new Uint8Array([1, 0, 2]))
      .write('huge.txt', 'x'.repeat(1_100_000));
    symlinkSync('/etc/hostname', join(repo.path, 'link'));
    repo.commit();
    const report = await bench.run(new SecretScanSkill(), await bench.range(repo.path));
    expect(report.counts).toMatchObject({ binary: 1, tooLarge: 1, links: 1 });
    expect(report.notChecked).toHaveLength(3);
  });

  it('runs no diff program of the repository', async () => {
    using repo = GitFixture.init();
    using bench = new SkillBench();
    const trap = join(repo.path, 'trapped');
    repo.write('.gitattributes', '* diff=evil\n').write('a.txt', 'one\n').commit();
    repo.write('a.txt', 'two\n').commit();
    for (const key of ['diff.external', 'diff.evil.textconv', 'diff.evil.command'])
      repo.git('config', key, `touch ${trap}; true`);
    // Git itself does run them: the trap works.
    repo.git('diff', 'HEAD~1', 'HEAD');
    expect(existsSync(trap)).toBe(true);
    repo.remove('trapped');
    await bench.run(new SecretScanSkill(), await bench.range(repo.path));
    expect(existsSync(trap)).toBe(false);
  });
});

const api = (operations: string): string => `openapi: 3.0.3
info: { title: Shop, version: '1' }
paths:
${operations}`;

describe('contract-guardian', () => {
  it('finds a breaking change with pointer, file and line', async () => {
    using repo = GitFixture.init();
    using bench = new SkillBench();
    const both =
      "  /users:\n    get: { responses: { '200': { description: ok } } }\n    delete: { responses: { '204': { description: gone } } }\n";
    repo.write('api/shop.yaml', api(both)).write('values.yaml', 'a: 1\n').commit();
    repo
      .write('api/shop.yaml', api(both.replace(/ {4}delete.*\n/, '')))
      .write('values.yaml', 'a: 2\n')
      .commit();
    const report = await bench.run(new ContractGuardianSkill(), await bench.range(repo.path));
    expect(report.findings).toMatchObject([
      { rule: 'api/operation-removed', severity: 'high', file: 'api/shop.yaml', line: 4, pointer: '/paths/~1users/delete' },
    ]);
    expect(report.findings[0]?.message).toContain('line 6 before');
    expect(report.counts).toEqual({ candidates: 2, contracts: 1, compared: 1 });
  });

  it('follows a renamed file, and reports a removed and a malformed one', async () => {
    using repo = GitFixture.init();
    using bench = new SkillBench();
    const filler = Array.from(
      { length: 30 },
      (_, i) => `  /p${i}: { get: { responses: { '200': { description: ok } } } }\n`,
    ).join('');
    repo
      .write('old.yaml', api(filler))
      .write('gone.schema.json', '{"$schema":"http://json-schema.org/draft-07/schema#"}')
      .write('bad.json', '{"openapi":"3.0.0","paths":{}}')
      .commit();
    repo.git('mv', 'old.yaml', 'new.yaml');
    repo
      .write('new.yaml', api(filler.replace(/ {2}\/p7:.*\n/, '')))
      .write('bad.json', '{"openapi":"3.0.0",\n "paths":{},}\n')
      .remove('gone.schema.json')
      .commit();
    const report = await bench.run(new ContractGuardianSkill(), await bench.range(repo.path));
    expect(report.findings.map(({ rule, file, line }) => ({ rule, file, line }))).toEqual([
      { rule: 'contract/malformed', file: 'bad.json', line: 2 },
      { rule: 'contract/removed', file: 'gone.schema.json', line: undefined },
      { rule: 'api/path-removed', file: 'new.yaml', line: 3 },
    ]);
  });
});

describe('document-index', () => {
  it('indexes what head holds, not what lies in the work tree, and forgets what is gone', async () => {
    using repo = GitFixture.init();
    using bench = new SkillBench();
    bench.documents.set('gone.md', 'old');
    repo.write('a.md', 'old\n').write('gone.md', 'gone\n').commit();
    repo
      .write('a.md', 'committed\n')
      .write('späte datei.md', 'umlaut\n')
      .write('odd.txt', new Uint8Array([65, 0, 66]))
      .remove('gone.md')
      .commit();
    repo.write('a.md', 'not committed\n');
    const range = await bench.range(repo.path);
    const reports = [];
    for (const batch of range.batches) reports.push(await bench.run(new DocumentIndexSkill(), { ...range, batch }));
    expect(reports).toMatchObject([{ batch: 0, indexed: 2, skipped: 1, removed: 1 }]);
    expect(Object.fromEntries(bench.documents)).toEqual({ 'a.md': 'committed\n', 'späte datei.md': 'umlaut\n' });
  });
});
