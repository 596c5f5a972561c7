import { type AttemptRef, type RunEvent, RunEventType } from '@aet/contracts';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { InMemoryDispatchTable, InMemoryFactCursor } from '../testing/in-memory-projections.js';
import { InMemoryRunLog } from '../testing/in-memory-run-log.js';
import { InMemoryEventStream, InMemoryTaskStream } from '../testing/in-memory-streams.js';
import { completed, failed, scheduled, submitted } from '../testing/run-events.js';
import { Relay } from './relay.js';
import type { RelayListener } from './relay-listener.js';
import { Sweeper } from './sweeper.js';

const open: AsyncDisposable[] = [];
afterEach(async () => {
  for (const part of open.splice(0)) await part[Symbol.asyncDispose]();
});

function world(listener: RelayListener = {}) {
  const log = new InMemoryRunLog();
  const [tasks, events] = [new InMemoryTaskStream(), new InMemoryEventStream()];
  const table = new InMemoryDispatchTable(log);
  const ports = {
    log,
    table,
    cursor: new InMemoryFactCursor(log),
    queue: tasks as never,
    bus: events as never,
    stops: { publish: () => undefined },
  };
  const relay = new Relay(ports, { namespace: 'default', listener });
  const sweeper = new Sweeper(relay, { sweepMs: 5, graceMs: 0, lingerMs: 0, listener });
  relay.start();
  open.push(relay);
  return { log, tasks, events, table, sweeper };
}
const until = (condition: () => unknown) => vi.waitFor(condition, { interval: 2, timeout: 10_000 });
const runFailedBy = (step: string): RunEvent => ({
  type: RunEventType.Failed,
  data: { step, error: { code: 'ATTEMPT_FAILED', message: 'no', retryable: false } },
});

// A busy machine takes its time.
vi.setConfig({ testTimeout: 30_000 });

describe('tasks that end their run', () => {
  it('become dead letters with every attempt, and no others do', async () => {
    const { log, tasks, events } = world();
    await log.append('r', 0, [submitted(), scheduled('a', 1, { item: 0 }), scheduled('a', 1, { item: 1 }), scheduled('b')]);
    await log.append('r', 4, [failed('a', 1, 0), scheduled('a', 2, { item: 0 }), completed('a', 1, 1)]);
    await log.append('r', 7, [failed('a', 2, 0), runFailedBy('a')]);
    await until(() => expect(events.facts.size).toBe(9));
    expect([...tasks.letters.keys()]).toEqual(['r:a#0:2:given-up']);
    const [letter] = tasks.letters.values();
    expect(letter).toMatchObject({
      reason: 'attempts-exhausted',
      subject: 'aet.default.task.mainpc.normal.secret-scan',
      original: { json: { runId: 'r', step: 'a', item: 0, attempt: 2, input: { of: 'a' } } },
    });
    expect(letter?.message).toContain('step "a" failed in all of its 2 attempts');
    expect(letter?.history?.map(({ attempt }) => attempt)).toEqual([1, 2]);
  });

  it('are told once when the host wrote a letter already', async () => {
    const { log, tasks, events } = world();
    const byHost = failed('a') as Extract<RunEvent, { type: 'attempt.failed' }>;
    byHost.data.error.details = { deadLetter: 'no-agent' };
    await log.append('r', 0, [submitted(), scheduled('a'), byHost, runFailedBy('a')]);
    await until(() => expect(events.facts.size).toBe(4));
    expect(tasks.letters.size).toBe(0);
  });
});

describe('a task that goes from the stream again and again without a result', () => {
  it('is sent anew a few times, and then its attempt fails', async () => {
    const undeliverable: AttemptRef[] = [];
    const { log, tasks, table, sweeper } = world({ undeliverable: (ref) => undeliverable.push(ref) });
    await log.append('r', 0, [submitted(), scheduled('a')]);
    const sent = new Set<string>();
    await until(async () => {
      for (const id of tasks.held()) sent.add(id);
      tasks.messages.clear(); // a host refused it, and wrote a letter
      await sweeper.round();
      expect(undeliverable.length).toBeGreaterThan(0);
    });
    expect([...sent]).toEqual(['r:a:1', ...[1, 2, 3, 4, 5].map((n) => `r:a:1:r${n}`)]);
    expect(undeliverable[0]).toEqual({ runId: 'r', step: 'a', attempt: 1 });
    expect(await table.lingering(Infinity, 9)).toHaveLength(1);
  });
});
