import { type Priority, type RunEvent, RunEventType } from '@aet/contracts';
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PostgresDispatchTable, PostgresRunChildren, PostgresRunTimers } from '../src/index.js';
import { PostgresTestServer, runEvents } from '../src/testing/index.js';
import { migrated, openReplica } from './run-log-database.js';

const { runCompleted, runFailed, scheduled, submitted } = runEvents;
const FAR = Number.MAX_SAFE_INTEGER;

let server: PostgresTestServer;
let replica: ReturnType<typeof openReplica>;
beforeAll(async () => {
  server = await PostgresTestServer.start();
  await migrated(server.config);
  replica = openReplica(server.config);
});
afterAll(async () => {
  await replica?.[Symbol.asyncDispose]();
  await server.stop();
});

const at = (ms: number) => new Date(ms).toISOString();
const wait = (step: string, until: number): RunEvent => ({ type: RunEventType.WaitBegun, data: { step, until: at(until) } });
const prioritized = (priority: Priority): RunEvent => ({ type: RunEventType.Prioritized, data: { by: 'x', priority } });

describe('the next moments of runs', () => {
  const due = async (runId: string) =>
    (await new PostgresRunTimers(replica.pool).next(FAR, 100_000)).find((row) => row.runId === runId)?.dueAt;

  it('are the earliest that was said, until somebody has looked', async () => {
    const timers = new PostgresRunTimers(replica.pool);
    const runId = randomUUID();
    await replica.log.append(runId, 0, [submitted({ startAt: at(5_000) })]);
    expect(await due(runId)).toBe(5_000);
    await replica.log.append(runId, 1, [wait('a', 9_000)]);
    expect(await due(runId)).toBe(5_000);
    await replica.log.append(runId, 2, [wait('b', 3_000)]);
    expect(await due(runId)).toBe(3_000);
    expect((await timers.next(3_000, 10)).map((row) => row.runId)).not.toContain(runId);
    expect((await timers.next(3_001, 10)).map((row) => row.runId)).toContain(runId);

    await timers.settle([{ runId, sequence: 2, dueAt: 9_000 }]); // by one who did not see the last wait
    expect(await due(runId)).toBe(3_000);
    await timers.settle([{ runId, sequence: 3, dueAt: 9_000 }]);
    expect(await due(runId)).toBe(9_000);
    await timers.settle([{ runId, sequence: 3 }]);
    expect(await due(runId)).toBeUndefined();
  });

  it('come with the commit, and with none that ends the run', async () => {
    const [ended, plain] = [randomUUID(), randomUUID()];
    await replica.log.append(ended, 0, [submitted(), wait('a', 1_000), runCompleted()]);
    await replica.log.append(plain, 0, [submitted(), scheduled('a')]);
    expect([await due(ended), await due(plain)]).toEqual([undefined, undefined]);
    await replica.log.append(ended, 3, [{ type: RunEventType.Redriven, data: { by: 'x' } }]);
    expect(await due(ended)).toBeLessThanOrEqual(Date.now());
  });
});

describe('the sub-runs of runs', () => {
  const requested = (childRunId: string, more: { step?: string; notBefore?: number } = {}): RunEvent => ({
    type: RunEventType.ChildRequested,
    data: {
      step: more.step ?? 'call',
      attempt: 1,
      childRunId,
      workflow: 'w',
      inputs: {},
      priority: 'normal',
      retry: { attempts: 1, initialMs: 0, maxMs: 0 },
      ...(more.notBefore === undefined ? {} : { notBefore: at(more.notBefore) }),
    },
  });
  const ended = (childRunId: string): RunEvent => ({
    type: RunEventType.ChildEnded,
    data: { step: 'call', attempt: 1, childRunId, status: 'completed', output: null },
  });
  const children = () => new PostgresRunChildren(replica.pool);
  const toDo = async (runId: string, now = Date.now()) =>
    (await children().toDo(now, 100_000)).filter((row) => row.runId === runId).map((row) => row.childRunId);

  it('are to be begun when they are due, then left alone until they end', async () => {
    const [runId, now, later] = [randomUUID(), randomUUID(), randomUUID()];
    const soon = Date.now() + 60_000;
    await replica.log.append(runId, 0, [submitted(), requested(now), requested(later, { notBefore: soon })]);
    expect(await toDo(runId)).toEqual([now]);
    expect((await toDo(runId, soon + 1)).toSorted()).toEqual([now, later].toSorted());
    await replica.log.append(now, 0, [submitted()]);
    expect(await toDo(runId)).toEqual([]);
    await replica.log.append(now, 1, [runCompleted()]);
    expect(await children().toDo(Date.now(), 100_000)).toContainEqual({
      childRunId: now,
      runId,
      step: 'call',
      attempt: 1,
      eventSequence: 2,
      notBefore: 0,
      priority: 'normal',
      toldPriority: 'normal',
      unwanted: false,
      status: 'completed',
    });
    await replica.log.append(runId, 3, [ended(now)]);
    expect(await toDo(runId)).toEqual([]);
  });

  it('are unwanted when their step has enough or their run ends, but for one that ended with it', async () => {
    const runId = randomUUID();
    const [one, two, three] = [randomUUID(), randomUUID(), randomUUID()];
    await replica.log.append(runId, 0, [submitted(), requested(one, { step: 'quorum' }), requested(two), requested(three)]);
    for (const child of [one, two, three]) await replica.log.append(child, 0, [submitted()]);
    expect(await toDo(runId)).toEqual([]);
    await replica.log.append(runId, 4, [{ type: RunEventType.StepConcluded, data: { step: 'quorum', reason: 'quorum' } }]);
    expect(await toDo(runId)).toEqual([one]);
    await children().forget([one]);
    await replica.log.append(runId, 5, [ended(two), runFailed()]);
    expect(await toDo(runId)).toEqual([three]);
  });

  it('follow their run to another priority, unless their step has its own', async () => {
    const runId = randomUUID();
    const [follows, stays] = [randomUUID(), randomUUID()];
    const { workflow } = (submitted() as Extract<RunEvent, { type: 'run.submitted' }>).data;
    const steps = { call: { workflow: 'w' }, urgent: { workflow: 'w', priority: 'high' as const } };
    await replica.log.append(runId, 0, [
      submitted({ workflow: { ...workflow, steps } }),
      requested(follows),
      requested(stays, { step: 'urgent' }),
    ]);
    for (const child of [follows, stays]) await replica.log.append(child, 0, [submitted()]);
    await replica.log.append(runId, 3, [prioritized('critical')]);
    expect(await toDo(runId)).toEqual([follows]);
    await children().toldPriority(follows, 'critical');
    expect(await toDo(runId)).toEqual([]);
  });
});

describe('open tasks', () => {
  it('go when their step has enough, or their run undoes what it did, but for what undoes it', async () => {
    const table = new PostgresDispatchTable(replica.pool);
    const runId = randomUUID();
    const open = async () =>
      new Set(
        (await table.unpublished(FAR, 100_000))
          .filter((row) => row.runId === runId)
          .map(({ step, item = '' }) => `${step}${item}`),
      );
    const items = [0, 1, 2].map((item) => scheduled('map', 1, { item }));
    await replica.log.append(runId, 0, [submitted(), ...items, scheduled('other')]);
    const inStream = { runId, attempt: 1, redispatches: 0, publishedAs: 'normal' as const };
    await table.markPublished(
      [
        { ...inStream, step: 'map', item: 1, streamSequence: 71 },
        { ...inStream, step: 'other', streamSequence: 72 },
      ],
      1,
    );
    const unwanted = async () => (await table.unwanted(10)).map(({ streamSequence }) => streamSequence);
    await replica.log.append(runId, 5, [
      runEvents.completed('map', 1, 0),
      { type: RunEventType.StepConcluded, data: { step: 'map', reason: 'quorum' } },
      scheduled('next'),
      prioritized('high'),
    ]);
    expect(await open()).toEqual(new Set(['next']));
    expect(await table.unwanted(10)).toEqual([{ capability: 'secret-scan', priority: 'normal', streamSequence: 71 }]);
    const ending = { kind: 'cancelled', by: 'x' } as const;
    await replica.log.append(runId, 9, [
      { type: RunEventType.Compensating, data: { ending, steps: ['map'] } },
      scheduled('map~undo'),
    ]);
    expect(await open()).toEqual(new Set(['map~undo']));
    expect(await unwanted()).toEqual([71, 72]);
    await table.withdrawn([71, 72]);
    expect(await unwanted()).toEqual([]);
  });

  it('follow their run to another priority in its own commit, unless their step has its own, or they end with it', async () => {
    const table = new PostgresDispatchTable(replica.pool);
    const runId = randomUUID();
    const { workflow } = (submitted() as Extract<RunEvent, { type: 'run.submitted' }>).data;
    const steps = { a: { task: 't' }, own: { task: 't', priority: 'low' as const }, done: { task: 't' } };
    await replica.log.append(runId, 0, [
      submitted({ workflow: { ...workflow, steps } }),
      scheduled('a'),
      scheduled('a', 1, { item: 1 }),
      scheduled('own', 1, { priority: 'low' }),
      scheduled('done'),
      scheduled('a~undo'),
    ]);
    const mark = { runId, step: 'a', attempt: 1, streamSequence: 4, redispatches: 0, publishedAs: 'normal' as const };
    await table.markPublished([mark], 1);
    expect(await table.misplaced(10)).toEqual([]);
    await replica.log.append(runId, 6, [prioritized('critical'), runEvents.completed('done')]);
    const open = (await table.unpublished(FAR, 100_000)).filter((row) => row.runId === runId);
    expect(new Set(open.map(({ step, item, priority }) => `${step} ${item} ${priority}`))).toEqual(
      new Set(['a 1 critical', 'a~undo undefined critical', 'own undefined low']),
    );
    expect(await table.misplaced(10)).toMatchObject([{ runId, step: 'a', priority: 'critical', publishedAs: 'normal' }]);
    await table.markPublished([{ ...mark, publishedAs: 'critical' }], 2);
    expect(await table.misplaced(10)).toEqual([]);
  });

  it('follow it when they are scheduled in the commit that changes it, and so do sub-runs', async () => {
    const table = new PostgresDispatchTable(replica.pool);
    const { workflow } = (submitted() as Extract<RunEvent, { type: 'run.submitted' }>).data;
    const own = { priority: 'low' as const };
    const steps = {
      a: { task: 't' },
      own: { task: 't', ...own },
      call: { workflow: 'w' },
      'own-call': { workflow: 'w', ...own },
    };
    const first = submitted({ workflow: { ...workflow, steps } });
    const child = (childRunId: string, step: string): RunEvent => ({
      type: RunEventType.ChildRequested,
      data: {
        step,
        childRunId,
        attempt: 1,
        workflow: 'w',
        inputs: {},
        priority: 'normal',
        retry: { attempts: 1, initialMs: 0, maxMs: 0 },
      },
    });
    const priorities = async (runId: string) => {
      const tasks = (await table.unpublished(FAR, 100_000)).filter((row) => row.runId === runId);
      const sql = 'SELECT step, priority, told_priority FROM aet.run_child WHERE run_id = $1';
      const children = (await replica.pool.query<{ step: string; priority: string; told_priority: string }>(sql, [runId])).rows;
      return new Set([
        ...tasks.map(({ step, priority }) => `${step} ${priority}`),
        ...children.map((row) => `${row.step} ${row.priority} told ${row.told_priority}`),
      ]);
    };
    const work = (): RunEvent[] => [
      scheduled('a'),
      scheduled('own', 1, own),
      child(randomUUID(), 'call'),
      child(randomUUID(), 'own-call'),
      prioritized('high'),
      prioritized('critical'),
    ];
    const [later, atOnce] = [randomUUID(), randomUUID()];
    await replica.log.append(later, 0, [first]);
    await replica.log.append(later, 1, work());
    await replica.log.append(atOnce, 0, [first, ...work()]);
    const expected = new Set(['a critical', 'own low', 'call critical told normal', 'own-call normal told normal']);
    expect([await priorities(later), await priorities(atOnce)]).toEqual([expected, expected]);
  });
});
