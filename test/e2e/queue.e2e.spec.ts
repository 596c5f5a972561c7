import type { DeadLetterPage, QueueView, RunAccepted } from '@aet/contracts';
import { existsSync, mkdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { aet, FleetCommand, untilReady } from './fleet-command.js';
import { SampleRepository } from './sample-repository.js';

const SLOW = { timeout: 120_000 };

describe('an operator at the command line', () => {
  it('pauses a capability, resumes it, limits it, and sends a dead letter again when its cause is gone', async () => {
    using repository = new SampleRepository().commit('Begin', { 'README.md': '# Here\n' });
    await using _fleet = new FleetCommand(repository.path, ['up']);
    await untilReady(repository.path, 120_000);
    const said = async (...args: string[]): Promise<string> => {
      const { code, output } = await aet(repository.path, args);
      expect([args, code, code === 0 ? '' : output]).toEqual([args, 0, '']);
      return output;
    };
    const json = async <T>(...args: string[]): Promise<T> => JSON.parse(await said(...args, '--json')) as T;
    const gitRange = async () =>
      (await json<QueueView>('queue', 'ls')).capabilities.find(({ capability }) => capability === 'git-range');

    expect(await said('queue', 'pause', 'git-range', '--reason', 'a trial')).toMatch(/^git-range: PAUSED by .+: a trial$/m);
    const { runId } = await json<RunAccepted>('create', 'git-range', '-i', `repo=${repository.path}`, '--order-key', 'here');
    await expect.poll(async () => (await gitRange())?.waiting.normal, SLOW).toBe(1);
    expect(await gitRange()).toMatchObject({ inHand: 0, paused: { reason: 'a trial' } });
    expect(await said('queue', 'ls')).toContain('PAUSED');
    expect((await aet(repository.path, ['status'])).output).toContain('git-range: PAUSED');
    expect(await said('queue', 'rate', 'git-range', '50', '--burst', '10')).toContain('at most 50/s, 10 at once (operator)');
    expect(await said('queue', 'resume', 'git-range')).not.toContain('PAUSED');
    expect(await said('trace', runId)).toContain('attempt.scheduled');
    await expect.poll(async () => said('trace', runId), SLOW).toContain('run completed');
    expect(await said('queue', 'rate', 'git-range', 'configured')).toContain('git-range: open');

    // The repository is not there yet: the run fails, and is taken up again when it is.
    const elsewhere = join(repository.path, 'elsewhere');
    const failed = await aet(repository.path, ['create', 'git-range', '-i', `repo=${elsewhere}`, '--follow', '--json']);
    expect(failed.code).toBe(1);
    const page = () => json<DeadLetterPage>('dlq', 'ls', '--capability', 'git-range', '--reason', 'attempts-exhausted');
    await expect.poll(async () => (await page()).letters.length, SLOW).toBe(1);
    const [letter] = (await page()).letters;
    const number = String(letter?.sequence);
    expect(await said('dlq', 'show', number)).toMatch(/1 {2}\S+ +\S+ +integrator .*ATTEMPT_FAILED: there is no folder/);
    mkdirSync(elsewhere);
    for (const part of ['.git', 'README.md'])
      if (existsSync(join(repository.path, part))) renameSync(join(repository.path, part), join(elsewhere, part));
    expect(await said('dlq', 'retry', number)).toContain('goes on: task (attempt 2)');
    await expect.poll(async () => said('trace', letter?.runId ?? ''), SLOW).toContain('run completed');
    expect(await said('trace', letter?.runId ?? '')).toContain('run taken up again by');
    expect(await said('dlq', 'ls')).toContain('no dead letters');

    const refused = await aet(repository.path, ['dlq', 'drop', number]);
    expect([refused.code, refused.output]).toEqual([2, expect.stringContaining('--reason')]);
    const gone = await aet(repository.path, ['dlq', 'drop', number, '--reason', 'gone already']);
    expect([gone.code, gone.output]).toEqual([1, expect.stringContaining('there is no dead letter')]);
  });
});
