import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DependencyAuditSkill } from '../src/adapters/skills/dependency-audit.skill.js';
import { GitFixture } from './git-fixture.js';
import { SkillBench } from './skill-bench.js';

const tarball = (name: string, version: string): string => `https://registry.example.org/${name}/-/${name}-${version}.tgz`;

const locked = (name: string, version: string, more: object = {}): [string, object] => [
  `node_modules/${name}`,
  { version, resolved: tarball(name, version), integrity: `sha512-${name}${version}`, license: 'MIT', ...more },
];

const lock = (...packages: [string, object][]): string =>
  JSON.stringify({ name: 'x', lockfileVersion: 3, packages: { '': { name: 'x' }, ...Object.fromEntries(packages) } }, null, 2);

describe('dependency-audit', () => {
  let registry: Server;
  let url: string;
  let asked: unknown;
  let answer: { status: number; body: string };

  beforeEach(async () => {
    answer = { status: 200, body: '{}' };
    registry = createServer((request, response) => {
      let text = '';
      request.on('data', (chunk) => (text += String(chunk)));
      request.on('end', () => {
        asked = { method: request.method, url: request.url, body: JSON.parse(text) as unknown };
        response.writeHead(answer.status, { 'content-type': 'application/json' }).end(answer.body);
      });
    });
    await new Promise<void>((resolve) => registry.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(registry.address() as AddressInfo).port}/npm/`;
  });

  afterEach(async () => {
    registry.closeAllConnections();
    await new Promise((resolve) => registry.close(resolve));
  });

  const audit = async (repo: GitFixture, bench: SkillBench) => {
    const range = await bench.range(repo.path);
    return bench.run(new DependencyAuditSkill(), { repo: range.repo, head: range.head, base: range.base });
  };

  it('asks the registry of the repository and reports its advisories with their line', async () => {
    using repo = GitFixture.init();
    using bench = new SkillBench();
    const advisory = {
      severity: 'high',
      title: 'Prototype pollution',
      url: 'https://example.org/1',
      vulnerable_versions: '<2.0.0',
    };
    answer.body = JSON.stringify({ left: [advisory], right: [{ ...advisory, vulnerable_versions: '<1.0.0' }] });
    repo
      .write('.npmrc', `registry=${url}\n`)
      .write('package-lock.json', lock(locked('left', '1.0.0'), locked('right', '1.0.0')))
      .commit();
    const report = await audit(repo, bench);
    expect(asked).toEqual({
      method: 'POST',
      url: '/npm/-/npm/v1/security/advisories/bulk',
      body: { left: ['1.0.0'], right: ['1.0.0'] },
    });
    expect(report.advisories).toBe('checked');
    expect(report.findings).toMatchObject([
      { rule: 'dependency/advisory', severity: 'high', file: 'package-lock.json', line: 8 },
    ]);
  });

  it('says plainly that advisories are unavailable, and why', async () => {
    using repo = GitFixture.init();
    using bench = new SkillBench();
    answer = { status: 404, body: '{}' };
    repo
      .write('.npmrc', `registry=${url}\n`)
      .write('package-lock.json', lock(locked('left', '1.0.0')))
      .commit();
    const report = await audit(repo, bench);
    expect(report.findings).toMatchObject([
      { severity: 'info', message: 'advisories unavailable: the registry answered with status 404' },
    ]);
    repo.write('.npmrc', 'registry=http://127.0.0.1:1/\n').commit();
    expect((await audit(repo, bench)).notChecked.join()).toMatch(
      /advisories unavailable: the registry could not be reached \(.+\)/,
    );
  });

  it('reports what the range changed, and trusts no changed content', async () => {
    using repo = GitFixture.init();
    using bench = new SkillBench();
    repo
      .write('.npmrc', `registry=${url}\n`)
      .write('package-lock.json', lock(locked('a', '1.0.0'), locked('b', '1.0.0'), locked('gone', '1.0.0')))
      .commit();
    repo
      .write(
        'package-lock.json',
        lock(
          locked('a', '1.1.0'),
          locked('b', '1.0.0', { integrity: 'sha512-other' }),
          locked('new', '1.0.0', { hasInstallScript: true }),
        ),
      )
      .commit();
    const report = await audit(repo, bench);
    expect(report.changes['package-lock.json']).toEqual({
      added: ['new 1.0.0'],
      removed: ['gone 1.0.0'],
      changed: ['a 1.0.0 → 1.1.0'],
    });
    expect(report.findings.map(({ rule }) => rule)).toEqual(['dependency/integrity-changed', 'dependency/install-script-added']);
  });

  it('reads licences of installed packages and never leaves node_modules', async () => {
    using repo = GitFixture.init();
    using bench = new SkillBench();
    const without = { license: undefined };
    repo.write('.npmrc', `registry=${url}\n`).write('outside/package.json', '{"license":"MIT"}');
    repo.write('package-lock.json', lock(locked('gpl', '1.0.0', without), locked('../outside', '1.0.0', without))).commit();
    repo.write('node_modules/gpl/package.json', '{"license":"GPL-3.0-only"}');
    const report = await audit(repo, bench);
    expect(report.findings).toMatchObject([
      { rule: 'dependency/licence-copyleft', severity: 'medium' },
      { rule: 'dependency/licence-unknown', severity: 'info' },
    ]);
  });

  it('names lock files that it does not read', async () => {
    using repo = GitFixture.init();
    using bench = new SkillBench();
    repo.write('web/yarn.lock', '').write('Cargo.lock', '').write('package-lock.json', '{"lockfileVersion":1}').commit();
    const { notChecked } = await audit(repo, bench);
    expect(notChecked.join('\n')).toMatch(
      /Cargo\.lock was not audited.*cargo audit[\s\S]*web\/yarn\.lock was not audited[\s\S]*package-lock\.json was not audited: only lockfileVersion 2 and 3/,
    );
  });
});
