import { type AgentDefinition, type ExecutionServices, parseAgent, runExecutor } from '@aet/executors';
import { type EffectClaim, EffectRpc, OrchestratorRpc, type TaskMessage } from '@aet/contracts';
import { InMemoryEffectLedger } from '@aet/persistence/testing';
import { workflow } from '@aet/runs/testing';
import fc from 'fast-check';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { FleetEffects } from '../../apps/agent/src/adapters/fleet-effects.js';
import { TestCell } from '../../apps/orchestrator/test/cell.js';
import { CommandExecutor } from '../../libs/executors/src/adapters/executors/command.executor.js';
import type { EffectClaims, EffectHooks, EffectRef } from '../../libs/executors/src/effects/effect.js';
import { performEffect } from '../../libs/executors/src/effects/perform-effect.js';

const HOLD_MS = 3_000;
const never = <T>(): Promise<T> => new Promise(() => undefined);
const after = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Where an execution dies, or what else befalls it. Numbers are milliseconds. */
interface Fate {
  startsAt: number;
  attempt: number;
  dies?: 'before-claim' | 'claimed' | 'performing' | 'performed' | 'noted';
  /** The orchestrator does not hear from it after the first claim: it cannot renew. */
  cutOff: boolean;
  takes: number;
  /** It fails after having done it, or without. */
  throws?: 'before' | 'after';
  /** Died: nothing of it happens any more, renewing included. */
  dead?: true;
}

const die = <T>(fate: Fate): Promise<T> => {
  fate.dead = true;
  return never();
};

/** What stands outside of AET, and counts. */
class World {
  done = 0;

  hooks(fate: Fate): EffectHooks<string> {
    return {
      perform: async ({ signal }) => {
        if (fate.dies === 'claimed') return die(fate);
        await after(fate.takes);
        if (fate.throws === 'before') throw new Error('refused');
        if (fate.dies === 'performing') return die(fate);
        if (signal.aborted) throw new Error('stopped');
        this.done += 1;
        if (fate.dies === 'performed') return die(fate);
        if (fate.throws === 'after') throw new Error('the answer was lost');
        return 'receipt';
      },
      reconcile: () => Promise.resolve(this.done > 0 ? { state: 'done', result: 'receipt' } : { state: 'not-done' }),
    };
  }
}

function claimsOf(ledger: InMemoryEffectLedger, fate: Fate): EffectClaims {
  let asked = 0;
  const answered = async <T>(act: () => T): Promise<T> => {
    asked += 1;
    if (fate.dead === true || fate.dies === 'before-claim' || (fate.cutOff && asked > 1)) return never();
    await after(5);
    const said = act();
    if (fate.dies === 'noted' && asked > 1) return die(fate);
    return said;
  };
  const by = { cell: 'c1', host: 'h', instance: 'i', agent: 'a' };
  return {
    claim: (ref, _, instead): Promise<EffectClaim> =>
      answered(() => ledger.claim({ ...ref, by, ...(instead === undefined ? {} : { instead }) })),
    done: async (ref, result, _, instead) => {
      await answered(() =>
        ledger.end({ ...ref, outcome: { state: 'done', result }, ...(instead === undefined ? {} : { instead }) }),
      );
    },
    release: async (ref) => {
      await answered(() => ledger.end({ ...ref, outcome: { state: 'failed' } }));
    },
  };
}

const refOf = (attempt: number, claimant: string): EffectRef => ({
  runId: 'r',
  step: 's',
  attempt,
  cell: 'c1',
  epoch: 1,
  agent: 'a',
  key: 'k',
  claimant,
});

const fates: fc.Arbitrary<Fate[]> = fc.array(
  fc.record(
    {
      startsAt: fc.integer({ min: 0, max: 8_000 }),
      attempt: fc.integer({ min: 1, max: 3 }),
      dies: fc.constantFrom('before-claim', 'claimed', 'performing', 'performed', 'noted'),
      cutOff: fc.boolean(),
      takes: fc.integer({ min: 0, max: 9_000 }),
      throws: fc.constantFrom('before', 'after'),
    },
    { requiredKeys: ['startsAt', 'attempt', 'cutOff', 'takes'] },
  ),
  { maxLength: 6 },
);

describe('effects over executions that die, hang and are cut off at random', () => {
  afterEach(() => void vi.useRealTimers());

  it('are done once: none twice, none lost', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance', 'Date'] });
    await fc.assert(
      fc.asyncProperty(fates, async (drawn) => {
        const all = drawn.map((fate) => ({ ...fate }));
        const world = new World();
        const ledger = new InMemoryEffectLedger(HOLD_MS, () => performance.now());
        const run = async (fate: Fate, name: string): Promise<string> => {
          await after(fate.startsAt);
          return performEffect(
            claimsOf(ledger, fate),
            refOf(fate.attempt, name),
            world.hooks(fate),
            new AbortController().signal,
          );
        };
        for (const [index, fate] of all.entries()) void run(fate, `execution ${index}`).catch(() => undefined);
        // The last one lives, and begins when the others have had their time.
        const last = run({ startsAt: 60_000, attempt: 4, cutOff: false, takes: 100 }, 'the last');
        await vi.advanceTimersByTimeAsync(120_000);
        // One that still waits would be lost, and this test with it.
        expect(await Promise.race([last, Promise.resolve('still waiting')])).toBe('receipt');
        expect(world.done).toBe(1);
      }),
      { numRuns: 150 },
    );
  });
});

describe('a program that is an effect', () => {
  const agent = (file: string, exitCode: number): AgentDefinition =>
    parseAgent(
      `---\nname: deployer\ndescription: d\naet:\n  executor: command\n  command: [node, -e, ${quoted(`require('fs').appendFileSync('${file}', process.env.AET_EFFECT_KEY + '\\n'); console.log('"new"')`)}]\n  effect:\n    key: "\${{ inputs.release }}"\n    reconcile: [node, -e, ${quoted(`console.log('"old"'); process.exit(${exitCode})`)}]\n---\n`,
      'deployer.md',
    );
  const task = { v: 1, runId: 'r', step: 's', attempt: 2, cell: 'c1', epoch: 1, input: { release: 'v7' } } as TaskMessage;

  it.each([
    [0, 'is not run again when the reconciling program finds it done', { status: 'completed', output: 'old' }, ''],
    [1, 'is run when it finds that it was not done', { status: 'completed', output: 'new' }, 'r:s:v7\n'],
    [2, 'fails for good when nobody knows', { status: 'failed', error: { code: 'EFFECT_IN_DOUBT', retryable: false } }, ''],
  ])('ends with %i: %s', async (exitCode, _says, ending, written) => {
    const dir = await mkdtemp(join(tmpdir(), 'aet-effect-'));
    try {
      const file = join(dir, 'releases');
      await writeFile(file, '');
      const ledger = new InMemoryEffectLedger(0, () => performance.now());
      const alive: Fate = { startsAt: 0, attempt: 1, cutOff: false, takes: 0 };
      await claimsOf(ledger, alive).claim({ ...refOf(1, 'dead'), key: 'v7' }, new AbortController().signal);
      ledger.holdMs = 60_000;
      const services = { effects: claimsOf(ledger, alive) } as ExecutionServices;
      const context = { agent: agent(file, exitCode), workDir: dir, services };
      const limits = { host: new AbortController().signal, timeoutMs: 60_000 };
      expect(await runExecutor(new CommandExecutor(process.env), task, context, limits, () => undefined)).toMatchObject(ending);
      expect(await readFile(file, 'utf8')).toBe(written);
    } finally {
      await rm(dir, { recursive: true });
    }
  });
});

const quoted = (text: string): string => JSON.stringify(text);

describe('effects of a run', () => {
  it('are claimed by the attempt that is to be done, reconciled after a host’s death, and settled by an operator', async () => {
    await using cell = await TestCell.start();
    const { shell, url } = await cell.orchestrator();
    await vi.waitFor(() => expect(shell.board.ready).toBe(true), { timeout: 30_000, interval: 50 });
    const rpc = cell.rpc();
    const me = { cell: 'c1', host: 'h1', instance: 'agent-00000001' };
    const claims = new FleetEffects(rpc, me);
    const world = new World();
    const lives: Fate = { startsAt: 0, attempt: 1, cutOff: false, takes: 0 };
    const signal = new AbortController().signal;
    const claimed: EffectRef[] = [];
    const refFor = ({ runId, step, attempt, epoch }: TaskMessage, key: string, claimant: string): EffectRef => ({
      runId,
      step,
      attempt,
      epoch,
      key,
      claimant,
      cell: 'c1',
      agent: 'tester',
    });

    const document = workflow({
      pay: { task: 'work', retry: { attempts: 2, initial: '1ms' } },
      ask: { task: 'collect', retry: { attempts: 1 }, continueOnError: true },
    });
    await cell.worker(
      async (task) => {
        if (task.capability === 'collect') {
          // Nobody can find out what became of the first execution.
          await claims.claim(refFor(task, 'mail', 'dead'), signal);
          return performEffect(claims, refFor(task, 'mail', 'second'), { perform: () => Promise.resolve('sent') }, signal);
        }
        claimed.push(refFor(task, 'pay', `attempt ${task.attempt}`));
        if (task.attempt === 1) {
          // The first host dies when it has done it: it never says so.
          await claims.claim(refFor(task, 'pay', 'dead'), signal);
          world.done += 1;
          throw new Error('the host died');
        }
        return performEffect(claims, refFor(task, 'pay', 'second'), world.hooks(lives), signal);
      },
      { failures: true },
    );
    const { runId } = await rpc.call(OrchestratorRpc.submit, { document });
    await vi.waitFor(async () => expect((await cell.run(runId)).status).toBe('completed'), { timeout: 30_000, interval: 50 });
    expect(world.done).toBe(1);
    const { steps } = await cell.run(runId);
    expect(steps.find(({ name }) => name === 'pay')).toMatchObject({ status: 'completed', output: 'receipt', attempts: 2 });

    // The failures of this test's worker lose the code; the message says the remedy.
    expect(steps.find(({ name }) => name === 'ask')?.error?.message).toContain(`aet effects resolve ${runId} mail --done`);
    expect(await rpc.call(EffectRpc.ls, { runId, state: 'in-doubt' })).toMatchObject({ effects: [{ key: 'mail', step: 'ask' }] });
    const word = { runId, key: 'mail', outcome: 'done', result: 'sent before', by: 'op' } as const;
    expect(await rpc.call(EffectRpc.resolve, word)).toMatchObject({ state: 'done', result: 'sent before', resolvedBy: 'op' });
    expect((await cell.facts('audit')).map(({ type }) => type)).toContain('audit.effect.resolved');

    const [first] = claimed;
    const late = claims.claim({ ...(first as EffectRef), claimant: 'late' }, signal);
    await expect(late).rejects.toMatchObject({ code: 'CONFLICT' });
    await expect(claims.claim({ ...(first as EffectRef), epoch: 0 }, signal)).rejects.toMatchObject({ code: 'STALE_OWNER' });
    expect(await (await fetch(`${url}/metrics`)).text()).toMatch(/aet_orchestrator_effects_total\{outcome="in_doubt"\} [1-9]/);
  });
});
