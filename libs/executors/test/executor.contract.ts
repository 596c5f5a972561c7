import type { TaskMessage } from '@aet/contracts';
import assert from 'node:assert/strict';
import type { AgentDefinition } from '../src/domain/agent-definition.js';
import type { AttemptServices, Executor, ExecutorEvent } from '../src/domain/executor.js';

/** What a task of the contract asks for. `hang` says something first and then does not end by itself. */
export type Behaviour = 'succeed' | 'fail' | 'hang';

/** An executor that carries out each behaviour when the task's input is `{ behaviour }`. */
export interface ExecutorWorld {
  executor: Executor;
  agent: AgentDefinition;
  workDir: string;
  /** How often the work itself was begun. */
  begun(): number;
}

/** What every executor promises: see `domain/executor.ts`. */
/** One promise of an executor: throws when it is broken. */
interface ExecutorCase {
  name: string;
  obeysContract: (world: ExecutorWorld) => Promise<void>;
}

export const executorContract: readonly ExecutorCase[] = [
  {
    name: 'ends a success with exactly one `completed`, the last event',
    async obeysContract(world) {
      assert.equal(endingOf(await collect(world, 'succeed')).kind, 'completed');
      assert.equal(world.begun(), 1);
    },
  },
  {
    name: 'ends a failure with exactly one `failed` that says why, and never throws',
    async obeysContract(world) {
      const ending = endingOf(await collect(world, 'fail'));
      assert.equal(ending.kind, 'failed');
      assert.ok(ending.kind === 'failed' && ending.message.length > 0);
    },
  },
  {
    name: 'begins nothing when the signal was aborted before',
    async obeysContract(world) {
      const ending = endingOf(await collect(world, 'succeed', AbortSignal.abort()));
      assert.equal(ending.kind, 'failed');
      assert.equal(world.begun(), 0);
    },
  },
  {
    name: 'ends with `failed` when the signal is aborted in the middle',
    async obeysContract(world) {
      const abort = new AbortController();
      const events = await collect(world, 'hang', abort.signal, () => abort.abort());
      assert.equal(endingOf(events).kind, 'failed');
    },
  },
];

async function collect(
  { executor, agent, workDir }: ExecutorWorld,
  behaviour: Behaviour,
  signal = new AbortController().signal,
  onFirst: () => void = () => undefined,
): Promise<ExecutorEvent[]> {
  const events: ExecutorEvent[] = [];
  for await (const event of executor.run(taskWith({ behaviour }), {
    agent,
    signal,
    workDir,
    services: {} as AttemptServices,
  })) {
    events.push(event);
    if (events.length === 1) onFirst();
  }
  return events;
}

function endingOf(events: readonly ExecutorEvent[]): ExecutorEvent {
  const [ending, ...others] = events.filter(({ kind }) => kind === 'completed' || kind === 'failed');
  assert.ok(ending !== undefined && others.length === 0, `one ending, not ${JSON.stringify(events)}`);
  assert.equal(ending, events.at(-1));
  return ending;
}

export const taskWith = (input: unknown): TaskMessage => ({
  v: 1,
  runId: 'r',
  step: 's',
  attempt: 1,
  cell: 'local',
  epoch: 0,
  capability: 'cap',
  priority: 'normal',
  input,
  timeoutMs: 1000,
  correlationId: 'c',
  workflow: 'w',
  scheduledAt: '2026-01-01T00:00:00.000Z',
});
