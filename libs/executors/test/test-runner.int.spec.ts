import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Cancelled } from '@aet/contracts';
import { afterEach, describe, expect, it } from 'vitest';
import { TestRunnerSkill, type TestReport } from '../src/adapters/skills/test-runner.skill.js';
import { GitFixture } from './git-fixture.js';
import { SkillBench } from './skill-bench.js';

const skill = new TestRunnerSkill();

/** A repository whose test command is a Node program. */
function repoWith(program: string, settings = ''): GitFixture {
  const repo = GitFixture.init();
  repo.write('run.mjs', program).write('.aet/review.yaml', `test:\n  command: [node, run.mjs]\n${settings}`).commit();
  return repo;
}

async function run(repo: GitFixture, bench: SkillBench, timeout = '20s'): Promise<TestReport> {
  const { repo: path, head } = await bench.range(repo.path);
  return bench.run(skill, { repo: path, head, timeout });
}

const alive = (pid: number): boolean => {
  try {
    // A process that ended and waits for its parent is not alive.
    return !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
};

describe('test-runner', () => {
  afterEach(() => {
    delete process.env['AET_TEST_LEAK'];
    delete process.env['ANTHROPIC_API_KEY'];
  });

  it('passes a green run, with its counts', async () => {
    using repo = repoWith(`console.log('TAP version 13\\nok 1 - a\\nok 2 - b # SKIP later\\n1..2');`);
    using bench = new SkillBench();
    const report = await run(repo, bench);
    expect(report).toMatchObject({
      command: 'node run.mjs',
      from: '.aet/review.yaml',
      exitCode: 0,
      timedOut: false,
      findings: [],
    });
    expect(report.results).toEqual({ format: 'tap', passed: 1, failed: 0, skipped: 1 });
  });

  it('names each failing test with its place', async () => {
    using repo = repoWith(
      `console.log("TAP version 13\\nnot ok 1 - adds\\n  ---\\n  error: 'no sum'\\n  stack: |-\\n    at " + process.cwd() + "/src/add.ts:7:3\\n  ...\\n1..1"); process.exit(1);`,
    );
    using bench = new SkillBench();
    const report = await run(repo, bench);
    expect(report.findings).toMatchObject([
      { rule: 'tests/failed', severity: 'high', message: 'adds: no sum', file: 'src/add.ts', line: 7 },
    ]);
  });

  it("runs Node's own test runner through npm", async () => {
    using repo = GitFixture.init();
    using bench = new SkillBench();
    const test = (name: string, body: string): string => `test('${name}', () => { ${body} });\n`;
    repo.write('package.json', '{"scripts":{"test":"node --test --test-reporter=tap"}}');
    repo
      .write(
        'a.test.mjs',
        `import test from 'node:test';\nimport assert from 'node:assert';\n${test('good', '')}${test('bad', 'assert.equal(1, 2)')}`,
      )
      .commit();
    const report = await run(repo, bench);
    expect(report).toMatchObject({
      command: 'npm test',
      from: 'package.json scripts.test',
      results: { format: 'tap', passed: 1, failed: 1 },
    });
    expect(report.findings).toMatchObject([{ rule: 'tests/failed', file: 'a.test.mjs' }]);
  });

  it('makes a finding of a limit that was reached, and leaves no process', async () => {
    using repo = repoWith(
      `import { spawn } from 'node:child_process';
       import { writeFileSync } from 'node:fs';
       process.on('SIGTERM', () => {});
       const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'inherit' });
       const away = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'inherit', detached: true });
       writeFileSync('pids', [process.pid, child.pid, away.pid].join(' '));
       setInterval(() => {}, 1000);`,
    );
    using bench = new SkillBench();
    const report = await run(repo, bench, '1s');
    expect(report.timedOut).toBe(true);
    expect(report.findings).toMatchObject([{ rule: 'tests/time-limit', severity: 'high' }]);
    const pids = readFileSync(join(repo.path, 'pids'), 'utf8').split(' ').map(Number);
    expect(pids).toHaveLength(3);
    expect(pids.filter(alive)).toEqual([]);
  });

  it('ends what the command leaves behind, even outside its group, and does not wait for it', async () => {
    using repo = repoWith(
      `import { spawn } from 'node:child_process';
       import { writeFileSync } from 'node:fs';
       const away = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'inherit', detached: true });
       away.unref();
       writeFileSync('pids', String(away.pid));
       console.log('1 passed, 0 failed');
       process.exit(0);`,
    );
    using bench = new SkillBench();
    const report = await run(repo, bench);
    expect(report).toMatchObject({ timedOut: false, exitCode: 0, results: { passed: 1 }, findings: [] });
    expect(alive(Number(readFileSync(join(repo.path, 'pids'), 'utf8')))).toBe(false);
  });

  it('hands nothing of the fleet to the command', async () => {
    process.env['AET_TEST_LEAK'] = 'x';
    process.env['ANTHROPIC_API_KEY'] = 'x';
    using repo = repoWith(
      `import { writeFileSync } from 'node:fs'; writeFileSync('env.json', JSON.stringify(process.env)); console.log('1 passed, 0 failed');`,
    );
    using bench = new SkillBench();
    await run(repo, bench);
    const env = JSON.parse(readFileSync(join(repo.path, 'env.json'), 'utf8')) as Record<string, string>;
    expect(Object.keys(env).filter((name) => /AET|ANTHROPIC|NATS|TOKEN|KEY/.test(name))).toEqual([]);
    expect(env['CI']).toBe('1');
  });

  it('runs another commit in a temporary checkout and removes it', async () => {
    using repo = repoWith(`console.log('1 passed, 0 failed'); process.exit(3);`);
    using bench = new SkillBench();
    const old = repo.git('rev-parse', 'HEAD');
    repo.write('run.mjs', 'process.exit(0);').commit();
    const trap = join(repo.path, 'trapped');
    repo.write('.gitattributes', '* filter=evil\n').commit();
    repo.git('config', 'filter.evil.smudge', `touch ${trap}; cat`);
    repo.git('config', 'filter.evil.required', 'true');
    repo.write('.git/hooks/post-checkout', `#!/bin/sh\ntouch ${trap}\n`);
    const report = await bench.run(skill, { repo: repo.path, head: old, timeout: '20s' });
    expect(report.exitCode).toBe(3);
    expect(report.notes.join()).toContain('temporary checkout');
    expect(repo.git('worktree', 'list').split('\n')).toHaveLength(1);
    expect(existsSync(trap)).toBe(false);
    expect(readdirSync(repo.path)).not.toContain('tree');
  });

  it('says what is missing: no command, no program, no packages', async () => {
    using bench = new SkillBench();
    using plain = GitFixture.init();
    plain.write('a.md', 'x').commit();
    expect((await run(plain, bench)).findings).toMatchObject([{ rule: 'tests/no-command', severity: 'info' }]);
    plain.write('.aet/review.yaml', 'test: { command: no-such-program-anywhere }\n').commit();
    expect((await run(plain, bench)).findings).toMatchObject([{ rule: 'tests/not-started' }]);
    plain.remove('.aet').write('package.json', '{"scripts":{"test":"no-such-runner run"}}').commit();
    const [finding] = (await run(plain, bench)).findings;
    expect(finding).toMatchObject({ rule: 'tests/not-installed', severity: 'high' });
    expect(finding?.remedy).toContain('npm ci');
  });

  it('stops at once when the attempt is cancelled', async () => {
    using repo = repoWith(
      `import { writeFileSync } from 'node:fs'; writeFileSync('pids', String(process.pid)); console.log('started'); setInterval(() => {}, 1000);`,
    );
    using bench = new SkillBench();
    const { head } = await bench.range(repo.path);
    const context = bench.context();
    context.log = (message) => {
      if (message === 'started') bench.abort.abort();
    };
    await expect(skill.run({ repo: repo.path, head, timeout: '30s' }, context)).rejects.toBeInstanceOf(Cancelled);
    expect(alive(Number(readFileSync(join(repo.path, 'pids'), 'utf8')))).toBe(false);
  });

  it('takes its checkout back when it is cancelled', async () => {
    using repo = repoWith(`console.log('started'); setInterval(() => {}, 1000);`);
    using bench = new SkillBench();
    const { head } = await bench.range(repo.path);
    repo.write('later', 'x').commit();
    const context = bench.context();
    context.log = (message) => {
      if (message === 'started') bench.abort.abort();
    };
    await expect(skill.run({ repo: repo.path, head, timeout: '30s' }, context)).rejects.toBeInstanceOf(Cancelled);
    expect(repo.git('worktree', 'list').split('\n')).toHaveLength(1);
  });

  it('keeps the last part of an endless output, and throttles its lines', async () => {
    using repo = repoWith(
      `for (let i = 0; i < 200000; i += 1) console.log('line ' + i); console.log('end of it'); process.exitCode = 2;`,
    );
    using bench = new SkillBench();
    const report = await run(repo, bench);
    expect(report.findings[0]?.message).toContain('end of it');
    expect(bench.logs.length).toBeLessThan(60);
  });
});
