import { PayloadTooLarge, ResourceExhausted, TASK_SCHEMA_VERSION, type TaskResult, attemptId } from '@aet/contracts';
import type { EventBus, RpcClient, WorkQueue } from '@aet/messaging';
import { describe, expect, it } from 'vitest';
import { RunOwner } from './run-owner.js';

const attempt = { runId: 'run-1', step: 's', attempt: 1 };
const result: TaskResult = {
  ...attempt,
  v: TASK_SCHEMA_VERSION,
  epoch: 1,
  by: { cell: 'local', host: 'pc', instance: 'agent-1', agent: 'security' },
  startedAt: new Date(0).toISOString(),
  durationMs: 1,
  status: 'completed',
  output: 'done',
};

/** A cell whose orchestrator answers `running`, and whose queue does what the test says. */
function owner(publishResult: WorkQueue['publishResult'], waiting: readonly string[] = []) {
  const rpc = { call: () => Promise.resolve({ state: 'running' }) } as unknown as RpcClient;
  const outbox = { holds: (id: string) => waiting.includes(id) };
  return new RunOwner(rpc, { publishResult } as WorkQueue, {} as EventBus, outbox);
}
const never = () => Promise.reject(new Error('not asked'));

describe('the owner of a run', () => {
  it('need not be asked about an attempt whose result waits in the outbox: it is finished', async () => {
    expect(await owner(never, [attemptId(attempt)]).stateOf(attempt, 'local')).toBe('finished');
    expect(await owner(never, ['run-1:s:2']).stateOf(attempt, 'local')).toBe('running');
  });

  it('has a result as soon as the outbox has it', async () => {
    const reporting = owner(() => Promise.resolve({ kept: true })).report(result, 'local', new AbortController().signal);
    await expect(reporting).resolves.toBeUndefined();
  });

  it('waits, with the slot taken, while even the outbox is full', async () => {
    let tries = 0;
    const full = () => {
      tries += 1;
      return tries < 3 ? Promise.reject(new ResourceExhausted('the outbox is full')) : Promise.resolve({ kept: true } as const);
    };
    await owner(full).report(result, 'local', new AbortController().signal);
    expect(tries).toBe(3);
  });

  it('is not tried again with what can never be carried', async () => {
    const large = () => Promise.reject(new PayloadTooLarge('too large'));
    await expect(owner(large).report(result, 'local', new AbortController().signal)).rejects.toBeInstanceOf(PayloadTooLarge);
  });
});
