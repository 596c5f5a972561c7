import { PayloadTooLarge, type RunEvent, RunEventType, type StopNotice, Unavailable } from '@aet/contracts';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { InMemoryDispatchTable, InMemoryFactCursor } from '../testing/in-memory-projections.js';
import { InMemoryRunLog } from '../testing/in-memory-run-log.js';
import { InMemoryEventStream, InMemoryTaskStream } from '../testing/in-memory-streams.js';
import { completed, runCompleted, scheduled, submitted } from '../testing/run-events.js';
import { Relay, type RelayPorts } from './relay.js';
import type { RelayListener } from './relay-listener.js';
import { Sweeper } from './sweeper.js';

const open: AsyncDisposable[] = [];
afterEach(async () => {
  for (const part of open.splice(0)) await part[Symbol.asyncDispose]();
});

function world() {
  const log = new InMemoryRunLog();
  const tasks = new InMemoryTaskStream();
  const events = new InMemoryEventStream();
  const table = new InMemoryDispatchTable(log);
  const cursor = new InMemoryFactCursor(log);
  const stopped: StopNotice[] = [];
  const stops = { publish: (notice: StopNotice) => void stopped.push(notice) };
  const ports: RelayPorts = { log, table, cursor, queue: tasks as never, bus: events as never, stops };
  const relay = (listener: RelayListener = {}) => {
    const made = new Relay(ports, { namespace: 'default', listener });
    open.push(made);
    return made;
  };
  const sweeper = (of: Relay, over: object = {}) => new Sweeper(of, { sweepMs: 5, graceMs: 0, lingerMs: 0, ...over });
  const behind = () => cursor.behind(0, 100);
  return { log, tasks, events, table, cursor, relay, sweeper, behind, stopped };
}
const until = (condition: () => unknown) => vi.waitFor(condition, { interval: 2, timeout: 5_000 });

describe('the relay', () => {
  it('publishes tasks and facts of a commit under deterministic ids, and notes it', async () => {
    const { log, tasks, events, table, relay, behind } = world();
    relay().start();
    await log.append('r', 0, [submitted(), scheduled('a'), scheduled('b', 1, { item: 2, agent: 'x' })]);
    await until(async () => expect([await table.unpublished(Infinity, 9), await behind()]).toEqual([[], []]));
    expect(tasks.held().toSorted((a, b) => a.localeCompare(b))).toEqual(['r:a:1', 'r:b#2:1']);
    expect([...events.facts.keys()]).toEqual(['r:1', 'r:2', 'r:3']);
    expect([...tasks.messages.values()].find(({ id }) => id === 'r:b#2:1')?.task).toMatchObject({
      v: 1,
      item: 2,
      agent: 'x',
      cell: 'mainpc',
      epoch: 1,
      input: { of: 'b' },
      correlationId: 'correlation',
      workflow: 'review',
    });
    expect(events.facts.get('r:2')).toMatchObject({
      type: 'attempt.scheduled',
      subject: 'r',
      source: '/aet/default/mainpc/orchestrator',
      correlationid: 'correlation',
      data: scheduled('a').data,
    });
  });

  it('does not publish a task that finished in the commit that scheduled it', async () => {
    const { log, tasks, events, relay } = world();
    relay().start();
    await log.append('r', 0, [submitted(), scheduled('a'), completed('a'), scheduled('b')]);
    await until(() => expect(events.facts.size).toBe(4));
    expect(tasks.held()).toEqual(['r:b:1']);
  });

  it('keeps a delayed task until its time', async () => {
    const { log, tasks, relay } = world();
    relay().start();
    const notBefore = Date.now() + 60;
    await log.append('r', 0, [submitted(), scheduled('a', 2, { notBefore: new Date(notBefore).toISOString() }), scheduled('b')]);
    await until(() => expect(tasks.held()).toEqual(['r:b:1']));
    await until(() => expect(tasks.held()).toEqual(['r:b:1', 'r:a:2']));
    expect(Date.now()).toBeGreaterThanOrEqual(notBefore);
  });

  it('goes on when the server comes back, with facts in order', async () => {
    const { log, tasks, events, relay } = world();
    const retried: string[] = [];
    relay({ retrying: (what) => retried.push(what) }).start();
    tasks.failure = new Unavailable('away');
    events.failure = () => new Unavailable('away');
    await log.append('r', 0, [submitted(), scheduled('a')]);
    await log.append('r', 2, [completed('a'), runCompleted()]);
    await until(() => expect(new Set(retried)).toEqual(new Set(['publishing task r:a:1', 'telling fact r:1'])));
    tasks.failure = undefined;
    events.failure = undefined;
    await until(() => expect([...events.facts.keys()]).toEqual(['r:1', 'r:2', 'r:3', 'r:4']));
    await until(() => expect(tasks.held()).toEqual(['r:a:1']));
  });

  it('says when a task can never be delivered, and tells a fact that is too large without its large members', async () => {
    const { log, tasks, events, relay } = world();
    const refused: unknown[] = [];
    relay({ undeliverable: (ref, error) => refused.push({ ...ref, code: error.code }) }).start();
    tasks.failure = new PayloadTooLarge('too large');
    events.failure = ({ data }) => (JSON.stringify(data).length > 10_000 ? new PayloadTooLarge('too large') : undefined);
    await log.append('r', 0, [submitted({ inputs: { text: 'x'.repeat(20_000) } }), scheduled('a')]);
    await until(() => expect(refused).toEqual([{ runId: 'r', step: 'a', attempt: 1, code: 'PAYLOAD_TOO_LARGE' }]));
    await until(() => expect(events.facts.size).toBe(2));
    expect(events.facts.get('r:1')?.data).toMatchObject({ inputs: { omittedBytes: 20_011 }, workflow: { name: 'review' } });
  });

  it('stops while the server is away', async () => {
    const { log, tasks, events, relay } = world();
    const running = relay();
    running.start();
    tasks.failure = new Unavailable('away');
    events.failure = () => new Unavailable('away');
    await log.append('r', 0, [submitted(), scheduled('a')]);
    await running.stop();
    expect([tasks.held(), events.facts.size]).toEqual([[], 0]);
  });
});

describe('the sweeper', () => {
  it('publishes what a crash between commit and publish left', async () => {
    const { log, tasks, events, table, relay, sweeper, behind } = world();
    await log.append('r', 0, [submitted(), scheduled('a')]); // nobody listens: the process died here
    const next = relay();
    next.start();
    await using sweeping = sweeper(next);
    sweeping.start();
    await until(() => expect([tasks.held(), [...events.facts.keys()]]).toEqual([['r:a:1'], ['r:1', 'r:2']]));
    await until(async () => expect([await table.unpublished(Infinity, 9), await behind()]).toEqual([[], []]));
  });

  it('sends a task anew under another id when the stream lost it, and not when its result is on the way', async () => {
    const { log, tasks, table, relay, sweeper } = world();
    const relaying = relay();
    relaying.start();
    await log.append('r', 0, [submitted(), scheduled('a')]);
    await until(async () => expect(await table.lingering(Infinity, 9)).toHaveLength(1));
    const sweeping = sweeper(relaying);
    await sweeping.round();
    expect(tasks.held()).toEqual(['r:a:1']);
    tasks.messages.clear();
    tasks.pending = 1;
    await sweeping.round();
    await sweeping.round();
    expect(tasks.held()).toEqual([]);
    tasks.pending = 0;
    await until(async () => {
      await sweeping.round();
      expect(tasks.held()).toEqual(['r:a:1:r1']);
    });
    await until(async () =>
      expect((await table.lingering(Infinity, 9))[0]).toMatchObject({ redispatches: 1, streamSequence: 2 }),
    );
  });

  it('tells facts on from where a replica died, under the same ids', async () => {
    const { log, events, cursor, relay, sweeper, behind } = world();
    await log.append('r', 0, [submitted(), scheduled('a'), completed('a')]);
    await cursor.advance([{ runId: 'r', after: 0, told: 1 }]);
    const relaying = relay();
    await sweeper(relaying).round();
    await until(async () => expect(await behind()).toEqual([]));
    expect([...events.facts.keys()]).toEqual(['r:2', 'r:3']);
  });

  it('goes on after rounds that failed', async () => {
    const { log, tasks, relay, sweeper } = world();
    const trouble: string[] = [];
    await log.append('r', 0, [submitted(), scheduled('a')]);
    const relaying = relay();
    let away = true;
    vi.spyOn(relaying.ports.table, 'unpublished').mockImplementation(async (due, limit) => {
      if (away) throw new Unavailable('away');
      return new InMemoryDispatchTable(log).unpublished(due, limit);
    });
    await using sweeping = sweeper(relaying, { listener: { retrying: (what: string) => trouble.push(what) } });
    sweeping.start();
    await until(() => expect(trouble.length).toBeGreaterThan(1));
    away = false;
    await until(() => expect(tasks.held()).toEqual(['r:a:1']));
  });
});

describe('a later change of priority', () => {
  const prioritized: RunEvent = { type: RunEventType.Prioritized, data: { by: 'x', priority: 'critical' } };
  const inStream = (tasks: InMemoryTaskStream) => [...tasks.messages.values()].map(({ task }) => `${task.step} ${task.priority}`);

  it('reaches tasks in the stream that no host has, and leaves the others', async () => {
    const { log, tasks, table, relay } = world();
    relay().start();
    await log.append('r', 0, [submitted(), scheduled('a'), scheduled('b')]);
    await until(async () => expect(await table.unpublished(Infinity, 9)).toEqual([]));
    tasks.taken.add([...tasks.messages].find(([, { task }]) => task.step === 'a')![0]);
    await log.append('r', 3, [prioritized]);
    await until(() => expect(inStream(tasks).toSorted()).toEqual(['a normal', 'b critical']));
    await until(async () => expect((await table.misplaced(9)).map(({ step }) => step)).toEqual(['a']));
    expect(tasks.held().find((id) => id.startsWith('r:b:1:'))).toBeDefined();
  });

  it('is found by the sweeper when its process died, and moved once by however many replicas', async () => {
    const { log, tasks, table, relay, sweeper } = world();
    const first = relay();
    first.start();
    await log.append('r', 0, [submitted(), scheduled('a')]);
    await until(async () => expect(await table.unpublished(Infinity, 9)).toEqual([]));
    await first.stop();
    await log.append('r', 2, [prioritized]);
    expect(inStream(tasks)).toEqual(['a normal']);
    const others = [relay(), relay()].map((one) => (one.start(), sweeper(one, { lingerMs: 60_000 })));
    await until(async () => {
      await Promise.all(others.map((one) => one.round()));
      expect(inStream(tasks)).toEqual(['a critical']);
      expect(await table.misplaced(9)).toEqual([]);
    });
  });
});

describe('tasks that nobody waits for any more', () => {
  it('go from the stream unless a host has them, also when the process that said so died', async () => {
    const { log, tasks, table, relay, sweeper } = world();
    const first = relay();
    first.start();
    await log.append('r', 0, [submitted(), scheduled('a'), scheduled('b')]);
    await log.append('other', 0, [submitted(), scheduled('a')]);
    await until(async () => expect(await table.unpublished(Infinity, 9)).toEqual([]));
    tasks.taken.add([...tasks.messages].find(([, { id }]) => id === 'r:a:1')![0]);
    await first.stop();
    await log.append('r', 3, [{ type: RunEventType.Cancelled, data: { by: 'x' } }]);
    expect(tasks.held().toSorted((a, b) => a.localeCompare(b))).toEqual(['other:a:1', 'r:a:1', 'r:b:1']);
    const next = relay();
    next.start();
    await sweeper(next, { lingerMs: 60_000 }).round();
    await until(async () => expect(await table.unwanted(9)).toEqual([]));
    expect(tasks.held().toSorted((a, b) => a.localeCompare(b))).toEqual(['other:a:1', 'r:a:1']);
  });
});

describe('hosts', () => {
  it('are told at once what nobody waits for any more', async () => {
    const { log, relay, stopped } = world();
    relay().start();
    await log.append('r', 0, [submitted(), scheduled('a')]);
    await log.append('r', 2, [
      { type: RunEventType.StepConcluded, data: { step: 'a', reason: 'quorum' } },
      { type: RunEventType.Compensating, data: { ending: { kind: 'cancelled', by: 'x' }, steps: [] } },
      { type: RunEventType.Cancelled, data: { by: 'x' } },
    ]);
    await until(() => expect(stopped).toHaveLength(3));
    expect(stopped).toMatchObject([{ runId: 'r', step: 'a' }, { runId: 'r', sparesCompensations: true }, { runId: 'r' }]);
  });
});
