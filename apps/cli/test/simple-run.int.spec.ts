/* oxlint-disable typescript/await-thenable -- the linter does not see that RunInProcess is an AsyncDisposable; the compiler does */
import { INLINE_PAYLOAD_BYTES, type RunSubmitted, type WorkflowDocument } from '@aet/contracts';
import { checkedWorkflow, checkLibrary, hashOf, type RunState } from '@aet/runs';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SimpleFiles } from '../src/adapters/simple-files.js';
import { RunInProcess, type RunInProcessParts } from '../src/application/run-in-process.js';
import { RunWaits } from '../src/application/run-waits.js';
import type { AttemptEnding, Worker } from '../src/application/simple-ports.js';
import { newRunId } from '../src/domain/run-id.js';

let folder: string;
let files: SimpleFiles;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'aet-simple-'));
  files = new SimpleFiles(folder);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

type Answer = (input: Record<string, unknown>, signal: AbortSignal, attempt: number) => unknown;

/** Does tasks by a function for each capability, and counts how many at once. */
class Hands implements Worker {
  now = 0;
  most = 0;
  readonly done: string[] = [];
  constructor(private readonly answers: Record<string, Answer>) {}

  async perform(task: Parameters<Worker['perform']>[0], signal: AbortSignal): Promise<AttemptEnding> {
    this.most = Math.max(this.most, ++this.now);
    this.done.push(task.step);
    try {
      const output = await this.answers[task.capability]?.(task.input as Record<string, unknown>, signal, task.attempt);
      return signal.aborted ? { status: 'dropped' } : { status: 'completed', output: output ?? null, agent: 'hands' };
    } catch (error) {
      return {
        status: 'failed',
        agent: 'hands',
        error: { code: 'ATTEMPT_FAILED', message: (error as Error).message, retryable: true },
      };
    } finally {
      this.now -= 1;
    }
  }
}

const echo: Answer = (input) => input;
/** Ends when it is told to. */
const endless: Answer = (_, signal) =>
  new Promise((resolve) => signal.addEventListener('abort', () => resolve(undefined), { once: true }));

const document = (steps: WorkflowDocument['steps'], more: Partial<WorkflowDocument> = {}): WorkflowDocument =>
  checkedWorkflow({ api: 'aet/workflow.v1', name: 'example', steps, ...more }, 'of this test');

async function submission(
  workflow: WorkflowDocument,
  inputs = {},
  others: WorkflowDocument[] = [],
): Promise<RunSubmitted['data']> {
  return {
    workflow,
    workflowHash: hashOf(workflow),
    library: await checkLibrary(workflow, (name) => others.find((other) => other.name === name)),
    inputs,
    priority: 'normal',
    durability: 'strict',
    correlationId: 'c',
    cell: 'simple',
    epoch: 1,
    submittedBy: 'anna',
  };
}

const newId = (): string => newRunId(Date.now(), randomBytes(16));
const partsOf = (worker: Worker, more: Partial<RunInProcessParts> = {}): RunInProcessParts => ({
  files,
  worker,
  ask: () => Promise.resolve(undefined),
  slots: 2,
  host: 'h',
  ...more,
});

async function run(
  workflow: WorkflowDocument,
  worker: Worker,
  {
    inputs = {},
    others = [] as WorkflowDocument[],
    ...more
  }: Partial<RunInProcessParts> & { inputs?: object; others?: WorkflowDocument[] } = {},
): Promise<RunState> {
  await using session = new RunInProcess(newId(), partsOf(worker, more));
  await session.submit(await submission(workflow, inputs, others));
  return await session.toTheEnd();
}

describe('a run in one process', () => {
  it('does its steps in their order, at most so many at once', async () => {
    const hands = new Hands({ echo: async (input) => (await new Promise(setImmediate), input) });
    const state = await run(
      document(
        {
          list: { task: 'echo', with: { n: [1, 2, 3, 4, 5] } },
          each: { task: 'echo', needs: ['list'], map: { over: 'steps.list.n' }, with: { n: '${{ item }}' } },
        },
        { output: '${{ steps.each[].n }}' },
      ),
      hands,
    );
    expect([state.status, state.output, hands.most]).toEqual(['completed', [1, 2, 3, 4, 5], 2]);
  });

  it('repeats what failed, as the step says', async () => {
    const hands = new Hands({
      flaky: (_, __, attempt) => {
        if (attempt < 3) throw new Error('not yet');
        return attempt;
      },
    });
    const state = await run(document({ a: { task: 'flaky', retry: { attempts: 3, initial: '5ms', max: '10ms' } } }), hands);
    expect([state.status, hands.done.length]).toEqual(['completed', 3]);
    expect((await run(document({ a: { task: 'flaky', retry: { attempts: 2, initial: '5ms' } } }), hands)).status).toBe('failed');
  });

  it('does sub-runs, each with a log of its own', async () => {
    const child = document(
      { a: { task: 'echo', with: { n: '${{ inputs.n }}' } } },
      { name: 'child', inputs: { n: { type: 'number' } }, output: '${{ steps.a.n }}' },
    );
    const parent = document({ c: { workflow: 'child', map: { over: [1, 2] }, with: { n: '${{ item }}' } } });
    const state = await run(parent, new Hands({ echo }), { others: [child] });
    expect(state.output).toEqual({ c: [1, 2] });
    expect(files.runIds()).toHaveLength(3);
  });

  it('asks for approvals, and ends as they say', async () => {
    const workflow = document({ ok: { approval: { text: 'Really?' } }, a: { task: 'echo', needs: ['ok'] } });
    const asked: string[] = [];
    const ask =
      (approved: boolean): RunInProcessParts['ask'] =>
      ({ text }) => (asked.push(text), Promise.resolve({ approved, by: 'anna' }));
    expect((await run(workflow, new Hands({ echo }), { ask: ask(true) })).status).toBe('completed');
    expect(await run(workflow, new Hands({ echo }), { ask: ask(false) })).toMatchObject({
      status: 'failed',
      error: { code: 'REJECTED' },
    });
    expect(asked).toEqual(['Really?', 'Really?']);
  });

  it('says what it waits for when nobody is there, and goes on when it is told', async () => {
    const workflow = document({ sig: { wait: { signal: 'go' } } });
    const runId = newId();
    {
      await using session = new RunInProcess(runId, partsOf(new Hands({})));
      await session.submit(await submission(workflow));
      await expect(session.toTheEnd()).rejects.toThrow(RunWaits);
    }
    await using again = new RunInProcess(runId, partsOf(new Hands({})));
    (await again.open()).command({ kind: 'signal', name: 'go', id: '1', payload: 7, by: 'anna' });
    expect((await again.toTheEnd()).output).toEqual({ sig: 7 });
  });

  it('is taken up where it stood: what had ended is not done again', async () => {
    const workflow = document({ a: { task: 'echo' }, b: { task: 'slow', needs: ['a'] } });
    const runId = newId();
    const first = new Hands({ echo, slow: endless });
    {
      const begun = Promise.withResolvers<void>();
      await using session = new RunInProcess(
        runId,
        partsOf(first, { onEvents: ({ work }) => work.attempts.has('b') && begun.resolve() }),
      );
      await session.submit(await submission(workflow));
      void session.toTheEnd().catch(() => undefined);
      await begun.promise;
    }
    const second = new Hands({ slow: () => 'done' });
    await using again = new RunInProcess(runId, partsOf(second));
    expect((await again.toTheEnd()).output).toMatchObject({ b: 'done' });
    expect(second.done).toEqual(['b']);
  });

  it('ends what runs when it is cancelled, and its sub-runs', async () => {
    const child = document({ a: { task: 'slow' } }, { name: 'child' });
    const hands = new Hands({ slow: endless });
    const runId = newId();
    await using session = new RunInProcess(
      runId,
      partsOf(hands, {
        onEvents: ({ work }) => work.attempts.size > 0 && setImmediate(() => void session.cancel('anna', 'enough')),
      }),
    );
    await session.submit(await submission(document({ c: { workflow: 'child' } }), {}, [child]));
    const state = await session.toTheEnd();
    expect([state.status, hands.now]).toEqual(['cancelled', 0]);
    expect(files.runIds().map((id) => files.read(id).at(-1)?.type)).toEqual(['run.cancelled', 'run.cancelled']);
  });

  it('keeps large values beside its log, passes them on, and reads them in expressions', async () => {
    const workflow = document(
      {
        a: { task: 'echo', with: { text: '${{ inputs.text }}' } },
        b: { task: 'count', needs: ['a'], with: { from: '${{ steps.a }}' }, when: '${{ length(steps.a.text) > `10` }}' },
      },
      { inputs: { text: { type: 'string' } }, output: '${{ steps.b }}' },
    );
    const hands = new Hands({ echo, count: ({ from }) => (from as { text: string }).text.length });
    const text = 'x'.repeat(INLINE_PAYLOAD_BYTES + 1);
    const state = await run(workflow, hands, { inputs: { text } });
    expect([state.status, state.error, state.output]).toEqual(['completed', undefined, text.length]);
    expect(readdirSync(join(files.root, 'payloads'))).toHaveLength(2);
    expect(state.inputs).toMatchObject({ text: { $payload: { cell: 'simple' } } });
  });

  it('refuses wrong inputs before there is a run', async () => {
    await expect(run(document({ a: { task: 'echo' } }), new Hands({ echo }), { inputs: { odd: 1 } })).rejects.toMatchObject({
      code: 'VALIDATION_FAILED',
    });
    expect(files.runIds().flatMap((id) => files.read(id))).toEqual([]);
  });
});
