import type { RunPage, RunView, TimelineView } from '@aet/contracts';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { aet, api, FleetCommand, processesOf, reports, stateOf, untilReady } from './fleet-command.js';
import { plantedSecret, repositoryWithTrouble, SampleRepository } from './sample-repository.js';

describe('`aet start --once`', () => {
  it('reviews a repository, finds what is wrong with it, and leaves nothing running', async () => {
    using repository = repositoryWithTrouble();
    const { code, output } = await aet(repository.path, ['start', '--once']);
    expect(output).toContain('review');
    expect(code).toBe(0);
    const [report] = reports(repository.path);
    const found = report?.json.findings ?? [];
    const rules = found.map(({ source, file, severity }) => ({ source, file, severity }));
    expect(rules).toContainEqual({ source: 'secret-scan', file: 'src/config.js', severity: 'critical' });
    expect(found.find(({ source }) => source === 'secret-scan')?.line).toBe(2);
    expect(found.find(({ source }) => source === 'contract-guardian')).toMatchObject({
      file: 'openapi.json',
      pointer: expect.stringContaining('~1orders') as string,
    });
    expect(found.some(({ source, message }) => source === 'test-runner' && message.includes('adds up'))).toBe(true);
    expect(report?.markdown).toContain('src/config.js:2');
    expect(report?.markdown).not.toContain(plantedSecret);
    expect(output).not.toContain(plantedSecret);
    expect(processesOf(repository.path)).toEqual([]);
  });

  it('says in one line what is wrong, ends with a code that is not 0, and starts nothing', async () => {
    using empty = new SampleRepository();
    const unborn = await aet(empty.path, ['start', '--once']);
    expect(unborn).toMatchObject({
      code: expect.not.toBeOneOf([0, null]) as number,
      output: expect.stringMatching(/no commit/i) as string,
    });
    using repository = repositoryWithTrouble();
    const range = await aet(repository.path, ['start', '--once', '--range', 'nowhere..HEAD']);
    expect(range).toMatchObject({
      code: expect.not.toBeOneOf([0, null]) as number,
      output: expect.stringContaining('nowhere') as string,
    });
    const elsewhere = await aet(repository.path, ['start', '--once', '--repo', join(repository.path, 'none')]);
    expect(elsewhere).toMatchObject({
      code: expect.not.toBeOneOf([0, null]) as number,
      output: expect.stringContaining('none') as string,
    });
    for (const { output } of [unborn, range, elsewhere]) expect(output.trim().split('\n').length).toBeLessThanOrEqual(3);
    expect([...processesOf(empty.path), ...processesOf(repository.path)]).toEqual([]);
  });
});

describe('a fleet', () => {
  it('keeps every secret in a file of its own, and shows none in arguments, environments, logs or YAML', async () => {
    using repository = repositoryWithTrouble();
    const key = ['sk', 'ant', 'test', 'A1b2C3d4E5f6G7h8'].join('-');
    await using fleet = new FleetCommand(repository.path, ['up'], { ANTHROPIC_API_KEY: key });
    await untilReady(repository.path);
    const files = filesUnder(stateOf(repository.path));
    const secretFiles = files.filter((file) => /\/credentials\/|gateway\.token$|anthropic\.key$|password|session/.test(file));
    expect(secretFiles.length).toBeGreaterThanOrEqual(12);
    for (const file of secretFiles) expect([file, statSync(file).mode & 0o077]).toEqual([file, 0]);
    const secrets = [key, ...secretFiles.map((file) => readFileSync(file, 'utf8').trim()).filter((text) => text.length >= 16)];
    const shown = [
      ...processesOf(repository.path)
        .filter(({ pid }) => pid !== fleet.pid)
        .map(({ pid, command, environment }) => ({ where: `process ${pid}`, text: command + environment })),
      { where: 'arguments of the supervisor', text: readFileSync(`/proc/${fleet.pid}/cmdline`, 'utf8') },
      { where: 'what aet printed', text: fleet.output },
      ...files
        .filter((file) => !secretFiles.includes(file) && /\.(log|ya?ml|json|conf)$/.test(file))
        .map((file) => ({ where: file, text: readFileSync(file, 'utf8') })),
    ];
    expect(shown.length).toBeGreaterThan(20);
    expect(shown.filter(({ text }) => secrets.some((secret) => text.includes(secret))).map(({ where }) => where)).toEqual([]);
    fleet.signal('SIGTERM');
    expect(await fleet.exited).toBe(0);
    expect(processesOf(repository.path)).toEqual([]);
  });

  it('runs beside another in another folder, and refuses a second in its own', async () => {
    using one = repositoryWithTrouble();
    using two = repositoryWithTrouble();
    await using first = new FleetCommand(one.path, ['up']);
    await using second = new FleetCommand(two.path, ['up']);
    const fleets = [await untilReady(one.path), await untilReady(two.path)];
    const urls = fleets.flatMap(({ children }) => children.flatMap(({ url }) => (url === undefined ? [] : [url])));
    expect(new Set(urls).size).toBe(urls.length);
    const again = await aet(one.path, ['up']);
    expect(again).toMatchObject({ code: 1, output: expect.stringContaining(String(first.pid)) as string });
    expect(again.output).toMatch(/aet (down|status)/);
    const run = await aet(one.path, ['run', 'review', '--input', `repo=${one.path}`, '--follow']);
    expect(run.code).toBe(0);
    expect((await api<RunPage>(one.path, '/v1/runs')).runs.length).toBe(1);
    expect((await api<RunPage>(two.path, '/v1/runs')).runs.length).toBe(0);
    expect((await aet(two.path, ['down'])).code).toBe(0);
    await second.exited;
    expect(processesOf(two.path)).toEqual([]);
    expect((await aet(one.path, ['status', '--json'])).code).toBe(0);
  });

  it('is cleaned up after its supervisor was killed, by the next start', async () => {
    using repository = repositoryWithTrouble();
    await using fleet = new FleetCommand(repository.path, ['up']);
    const before = await untilReady(repository.path);
    fleet.signal('SIGKILL');
    await fleet.exited;
    await using next = new FleetCommand(repository.path, ['up']);
    const after = await untilReadyAgain(repository.path, before.supervisor.pid);
    const left = before.children
      .map(({ process }) => process?.pid)
      .filter((pid) => processesOf(repository.path).some((alive) => alive.pid === pid));
    expect(left).toEqual([]);
    expect(after.supervisor.pid).toBe(next.pid);
  });

  it('ends at once at the second Ctrl-C, whatever it has in hand', async () => {
    using repository = repositoryWithTrouble(60);
    await using fleet = new FleetCommand(repository.path, ['start']);
    await expect.poll(() => fleet.output, { timeout: 60_000 }).toMatch(/▸ tests/);
    let ended = false;
    void fleet.exited.then(() => (ended = true));
    // Signals within a quarter of a second are one Ctrl-C: a terminal sends it to every program of the foreground.
    const press = () => {
      if (!ended) fleet.signal('SIGINT');
      return ended;
    };
    await expect.poll(press, { interval: 400, timeout: 10_000 }).toBe(true);
    expect(await fleet.exited).toBe(130);
    await expect.poll(() => processesOf(repository.path)).toEqual([]);
  });
});

describe('two cells', () => {
  it('are joined, see each other, and do the same job', async () => {
    using repository = repositoryWithTrouble();
    await using fleet = new FleetCommand(repository.path, ['up', '--cells', 'mainpc,pc2']);
    await untilReady(repository.path, 120_000);
    const picture = async () => {
      const { cells } = await api<{ cells: { cell: string; reachable: boolean; instances: unknown[] }[] }>(
        repository.path,
        '/v1/fleet',
      );
      return cells.map(({ cell, reachable, instances }) => `${cell} ${reachable} ${instances.length >= 6}`).toSorted();
    };
    await expect.poll(picture, { timeout: 30_000, interval: 500 }).toEqual(['mainpc true true', 'pc2 true true']);
    const run = await aet(repository.path, ['run', 'review', '--input', `repo=${repository.path}`, '--follow']);
    expect(run.code).toBe(0);
    fleet.signal('SIGTERM');
    expect(await fleet.exited).toBe(0);
  });
});

describe('a run', () => {
  it('ends in a report, with each step once, though every process of the fleet is killed on the way', async () => {
    using repository = repositoryWithTrouble(25);
    await using _fleet = new FleetCommand(repository.path, ['up']);
    const fleet = await untilReady(repository.path);
    await using run = new FleetCommand(repository.path, ['run', 'review', '--input', `repo=${repository.path}`, '--follow']);
    const runs = () =>
      api<RunPage>(repository.path, '/v1/runs').then(
        (page) => page.runs,
        () => [],
      );
    await expect.poll(async () => (await runs()).length, { timeout: 30_000, message: run.output }).toBe(1);
    const [submitted] = await runs();
    const runId = submitted?.runId ?? '';

    for (const { name, process: victim } of fleet.children) {
      process.kill(victim?.pid ?? 0, 'SIGKILL');
      const back = () =>
        untilReady(repository.path).then(({ children }) => children.find((child) => child.name === name)?.process?.pid);
      await expect.poll(back, { timeout: 60_000, interval: 200 }).not.toBe(victim?.pid);
    }
    const view = () => api<RunView>(repository.path, `/v1/runs/${runId}`).catch(() => undefined);
    await expect.poll(async () => (await view())?.status, { timeout: 180_000, interval: 500 }).not.toBe('running');
    expect((await view())?.status, run.output).toBe('completed');
    expect(await run.exited).toBe(0);

    const { entries } = await api<TimelineView>(repository.path, `/v1/timelines/${runId}`);
    const done = entries.flatMap(({ type, summary }) =>
      type === 'attempt.completed' ? [summary.replace(/ completed by .*$/, '')] : [],
    );
    expect(done.length).toBeGreaterThanOrEqual(6);
    expect(new Set(done.map((task) => task.replace(/ \(attempt.*$/, ''))).size).toBe(done.length);
    const artifacts = await api<{ artifacts: { name: string }[] }>(repository.path, `/v1/runs/${runId}/artifacts`);
    expect(artifacts.artifacts.map(({ name }) => name).toSorted()).toEqual(['review.json', 'review.md']);
  });
});

/** A fleet file of another supervisor than the one that was killed. */
async function untilReadyAgain(project: string, oldSupervisor: number) {
  await expect.poll(async () => (await untilReady(project)).supervisor.pid, { timeout: 60_000 }).not.toBe(oldSupervisor);
  return untilReady(project);
}

const filesUnder = (folder: string): string[] =>
  existsSync(folder)
    ? readdirSync(folder, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile() && !/postgres\/data|jetstream/.test(entry.parentPath))
        .map((entry) => join(entry.parentPath, entry.name))
    : [];
