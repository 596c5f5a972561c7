import type { RunAccepted, RunPage, RunView, ScheduleView } from '@aet/contracts';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { aet, api, FleetCommand, untilReady } from './fleet-command.js';
import { SampleRepository } from './sample-repository.js';

const SLOW = { timeout: 120_000 };
const me = userInfo().username;

const RELEASE = `api: aet/workflow.v1
name: release
inputs:
  repo: { type: string, required: true }
steps:
  range:
    task: git-range
    with: { repo: '\${{ inputs.repo }}' }
  ask:
    needs: [range]
    approval: { text: 'Ship it?', approvers: ['${me}'] }
  uploaded:
    needs: [ask]
    wait: { signal: uploaded }
output: '\${{ steps.uploaded }}'
`;
const PAUSE = `api: aet/workflow.v1
name: pause
inputs:
  n: { type: number, default: 0 }
steps:
  nap: { wait: { for: 10ms } }
output: '\${{ inputs.n }}'
`;

describe('an operator of runs at the command line', () => {
  it('approves, signals, reruns, compares, copies, submits many, and lets runs begin by themselves', async () => {
    using repository = new SampleRepository().commit('Begin', { 'README.md': '# Here\n' });
    const folder = repository.path;
    mkdirSync(join(folder, '.aet/workflows'), { recursive: true });
    writeFileSync(join(folder, '.aet/workflows/release.yaml'), RELEASE);
    writeFileSync(join(folder, '.aet/workflows/pause.yaml'), PAUSE);
    await using _fleet = new FleetCommand(folder, ['up']);
    await untilReady(folder, 120_000);
    const said = async (...args: string[]): Promise<string> => {
      const { code, output } = await aet(folder, args);
      expect([args, code, code === 0 ? '' : output]).toEqual([args, 0, '']);
      return output;
    };
    const json = async <T>(...args: string[]): Promise<T> => JSON.parse(await said(...args, '--json')) as T;
    const status = async (run: string): Promise<string> => (await json<RunView>('runs', 'get', run)).status;
    const refused = async (...args: string[]): Promise<string> => {
      const { code, output } = await aet(folder, args);
      expect([args, code]).toEqual([args, 1]);
      return output;
    };

    // What a run asks for, it is told.
    const { runId } = await json<RunAccepted>('run', 'release', '-i', `repo=${folder}`);
    await expect.poll(() => said('runs', 'get', runId), SLOW).toContain(`asks: Ship it? (${me})`);
    expect(await refused('runs', 'approve', runId, '--by', 'nobody')).toContain('"nobody" may not decide');
    expect(await said('runs', 'approve', runId, '--reason', 'looks good')).toContain(`run ${runId} is running`);
    expect(await said('runs', 'approve', runId)).toContain('it was so before');
    await said('runs', 'signal', 'last', 'uploaded', '--payload', '{"files":3}');
    await expect.poll(() => status(runId.slice(0, 23)), SLOW).toBe('completed');
    expect(await refused('runs', 'signal', runId, 'uploaded')).toContain('is complete');
    expect(await said('runs', 'events', runId)).toMatch(/approval\.decided .*"by":"/);

    // Its end can be taken over, compared, and decided again.
    const again = await json<RunAccepted>('runs', 'rerun', runId, '--from', 'uploaded');
    await said('runs', 'signal', again.runId, 'uploaded', '--payload', '{"files":4}');
    await expect.poll(() => status(again.runId), SLOW).toBe('completed');
    const diff = await aet(folder, ['runs', 'diff', runId, again.runId]);
    expect([diff.code, diff.output]).toEqual([1, expect.stringContaining('output.files\n  - 3\n  + 4')]);
    expect(await said('runs', 'replay', runId)).toContain('nothing differs');

    // A copy of it is the same, and stays so.
    const copy = join(folder, 'run.ndjson');
    await said('runs', 'export', runId, '-o', copy);
    expect(await said('runs', 'import', copy)).toContain('is here already, and is the same');
    writeFileSync(copy, readFileSync(copy, 'utf8').replace('"files":3', '"files":9'));
    expect(await refused('runs', 'import', copy)).toMatch(/an event was changed, lost or added/);

    // Many at once: the wrong lines are named, and the second time nothing is begun anew.
    const lines = [...Array.from({ length: 30 }, (_, n) => JSON.stringify({ n })), '{"n":', '{"n":"text"}'];
    writeFileSync(join(folder, 'batch.ndjson'), lines.join('\n'));
    const batch = ['create-batch', 'batch.ndjson', '--workflow', 'pause', '--follow', '--json'];
    const summary = async (): Promise<object> => {
      const { code, output } = await aet(folder, batch);
      expect(code).toBe(1);
      return JSON.parse(output.slice(output.indexOf('{\n'))) as object;
    };
    const wrong = [{ line: 31 }, { line: 32 }];
    expect(await summary()).toMatchObject({ accepted: 30, existing: 0, refusedLines: wrong, runs: { completed: 30 } });
    expect(await summary()).toMatchObject({ accepted: 0, existing: 30, refusedLines: wrong, runs: { completed: 30 } });
    expect((await json<RunPage>('runs', 'ls', '--workflow', 'pause', '-n', '100')).runs).toHaveLength(30);
    const piped = await aet(folder, ['create-batch', '-', '--workflow', 'pause', '--json'], {}, '{"n":31}\n');
    expect(piped).toMatchObject({ code: 0, output: expect.stringContaining('"accepted": 1') });
    expect(readdirSync(join(folder, '.aet/batches')).filter((name) => name.startsWith('stdin'))).toEqual([]);

    // Killed, interrupted, and given again: every line makes one run.
    const many = join(folder, 'many.ndjson');
    const count = 1_500;
    const document = { api: 'aet/workflow.v1', name: 'many', steps: { nap: { wait: { for: '1ms' } } } };
    writeFileSync(many, Array.from({ length: count }, () => JSON.stringify({ document })).join('\n'));
    const entries = (): number =>
      readdirSync(join(folder, '.aet/batches')).reduce(
        (sum, name) =>
          sum +
          readFileSync(join(folder, '.aet/batches', name), 'utf8')
            .split('\n')
            .filter(Boolean).length,
        0,
      );
    const ended: (number | null)[] = [];
    for (const signal of ['SIGKILL', 'SIGINT'] as const) {
      const before = entries();
      await using command = new FleetCommand(folder, ['create-batch', 'many.ndjson']);
      await expect
        .poll(() => entries() > before || command.output.includes('runs submitted'), { ...SLOW, interval: 5 })
        .toBe(true);
      command.signal(signal);
      ended.push(await command.exited);
    }
    // It may have been done before the signal came.
    expect([null, 0]).toContain(ended[0]);
    expect([130, 0]).toContain(ended[1]);
    expect(await said('create-batch', 'many.ndjson')).toMatch(/\d+ lines were submitted before/);
    const page = await api<RunPage>(folder, '/v1/runs?counts=true&limit=1');
    expect(page.counts?.byWorkflow.find(({ workflow }) => workflow === 'many')?.total).toBe(count);

    // Later, and again and again.
    const later = await json<RunAccepted>('run', 'pause', '--in', '2s');
    expect(['scheduled', 'completed']).toContain(await status(later.runId));
    const schedule = await json<ScheduleView>('schedules', 'put', 'often', 'pause', '--cron', '* * * * * *', '-i', 'n=7');
    expect(schedule.next).toHaveLength(3);
    await expect.poll(() => said('schedules', 'ls'), SLOW).toMatch(/often .* run 0/);
    expect(await said('schedules', 'pause', 'often', '--reason', 'enough')).toContain(`PAUSED by ${me}`);
    expect(await said('schedules', 'rm', 'often')).toContain('is removed');
    await expect.poll(() => status(later.runId), SLOW).toBe('completed');

    // What was begun can be ended.
    const long = await json<RunAccepted>('run', 'release', '-i', `repo=${folder}`, '--at', '2099-01-01T00:00:00Z');
    expect(await said('runs', 'cancel', long.runId, '--reason', 'not needed')).toContain('is cancelled');
    expect(await refused('runs', 'get', '00000000')).toContain('there is no run');
  });
});
