import { RunEventType, type SubmitRun as SubmitRequest, Unavailable, type WorkflowDocument } from '@aet/contracts';
import { InMemoryRunList, InMemoryRunLog } from '@aet/persistence/testing';
import { decide } from '@aet/runs';
import { BY, workflow } from '@aet/runs/testing';
import type { Log } from '@aet/telemetry';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { BeginFromRun } from './begin-from-run.js';
import { CompareRuns } from './compare-runs.js';
import { FireSchedules } from './fire-schedules.js';
import { ManageSchedules } from './manage-schedules.js';
import { OperateRun } from './operate-run.js';
import { RunMetrics, type Surroundings, WorkflowCatalog } from './ports.js';
import { RunStore } from './run-store.js';
import { ScheduleTable, type StoredSchedule } from './schedule-table.js';
import { SubmitRun } from './submit-run.js';
import { WorkRoom } from './work-room.js';

class NoMetrics extends RunMetrics {
  appended(): void {}
  conflict(): void {}
  refused(): void {}
}
class Catalog extends WorkflowCatalog {
  readonly documents = new Map<string, WorkflowDocument>();
  list = () => Promise.resolve([]);
  find = (name: string): Promise<WorkflowDocument> => {
    const found = this.documents.get(name);
    return found === undefined ? Promise.reject(new Unavailable(`no ${name}`)) : Promise.resolve(found);
  };
}
class MemorySchedules extends ScheduleTable {
  readonly rows = new Map<string, StoredSchedule>();
  list = () => Promise.resolve([...this.rows.values()]);
  find = (name: string) => Promise.resolve(this.rows.get(name));
  due = (now: Date) => Promise.resolve([...this.rows.values()].filter(({ nextAt }) => nextAt !== undefined && nextAt <= now));
  write = (schedule: Omit<StoredSchedule, 'revision'>, expected: number): Promise<boolean> => {
    const revision = this.rows.get(schedule.name)?.revision ?? 0;
    if (revision === expected) this.rows.set(schedule.name, { ...schedule, revision: revision + 1 });
    return Promise.resolve(revision === expected);
  };
  remove = (name: string) => Promise.resolve(this.rows.delete(name));
}

let ids = 0;
let now: Date;
let log: InMemoryRunLog;
let catalog: Catalog;
let acts: { action: string; data: Record<string, unknown> }[];
let table: MemorySchedules;
let outcomes: string[];
const surroundings: Surroundings = {
  circumstances: () => ({ now, random: () => 0.5 }),
  newRunId: () => `01939c2e-0000-7000-8000-${String(++ids).padStart(12, '0')}`,
};
const silent = { warn: vi.fn<() => void>(), error: vi.fn<() => void>() } as unknown as Log;
const noPayloads = { load: () => Promise.reject(new Error('none')), store: () => Promise.reject(new Error('none')) };

/** One orchestrator process over a log that it shares with others. */
class Replica {
  readonly store = new RunStore(log, new NoMetrics());
  readonly submit = new SubmitRun(this.store, new InMemoryRunList(log), catalog, surroundings, 'mainpc', new WorkRoom());
  private readonly audit = { record: async (action: string, data: Record<string, unknown>) => void acts.push({ action, data }) };
  readonly operate = new OperateRun(this.store, this.audit, surroundings, 'mainpc');
  readonly again = new BeginFromRun(log, this.submit, this.audit);
  readonly compare = new CompareRuns(this.store, log, this.submit, noPayloads);
  readonly schedules = new ManageSchedules(table, this.submit, this.audit, () => now);
  readonly fire = new FireSchedules(table, this.submit, () => now, silent, { due: (outcome) => void outcomes.push(outcome) });
}

let one: Replica;
let two: Replica;
beforeEach(() => {
  now = new Date('2026-01-01T00:00:00Z');
  [log, catalog, acts, table] = [new InMemoryRunLog(() => now), new Catalog(), [], new MemorySchedules()];
  outcomes = [];
  [one, two] = [new Replica(), new Replica()];
});

const types = async (runId: string) => (await log.read(runId)).map(({ type }) => type);
const begun = async (request: SubmitRequest): Promise<string> => (await one.submit.execute(request)).runId;
const chain = workflow(
  {
    a: { task: 'x', with: { n: '${{ inputs.n }}' } },
    b: { task: 'y', needs: ['a'], with: { n: '${{ steps.a }}' } },
    c: { task: 'z' },
  },
  { inputs: { n: { type: 'number', default: 1 } } },
);

describe('words to a run', () => {
  it('are said once though they are said to two replicas at once, and are written down each time', async () => {
    const runId = await begun({ document: chain });
    const word = { runId, by: 'anna', reason: 'enough' };
    const acted = await Promise.all([one.operate.pause(word), two.operate.pause(word)]);
    expect(acted.filter(({ changed }) => changed)).toHaveLength(1);
    expect((await types(runId)).filter((type) => type === RunEventType.Paused)).toHaveLength(1);
    expect(acts).toEqual([
      { action: 'run.paused', data: { runId, by: 'anna', reason: 'enough' } },
      { action: 'run.paused', data: { runId, by: 'anna', reason: 'enough' } },
    ]);
  });

  it('that are refused are written down, with why; what may be tried again is not', async () => {
    const runId = await begun({ document: chain });
    await one.operate.cancel({ runId });
    await expect(two.operate.signal({ runId, name: 'go', id: '1' })).rejects.toMatchObject({ code: 'CONFLICT' });
    expect(acts.at(-1)).toMatchObject({ action: 'run.signalled-refused', data: { runId, by: 'unknown', code: 'CONFLICT' } });
    await expect(one.operate.pause({ runId: surroundings.newRunId() })).rejects.toMatchObject({ code: 'NOT_FOUND' });
    const other = await begun({ document: chain });
    const before = acts.length;
    log.failNext(new Unavailable('the database is away'));
    await expect(one.operate.pause({ runId: other })).rejects.toThrow('away');
    expect(acts).toHaveLength(before);
  });

  it('about an approval need its name only where there are several', async () => {
    const ask = { approval: { text: 'May it?' } };
    const runId = await begun({ document: workflow({ a: ask }) });
    expect(await one.operate.approve({ runId, by: 'anna' })).toMatchObject({ changed: true, status: 'completed' });
    expect(await two.operate.approve({ runId, by: 'anna' })).toMatchObject({ changed: false });
    const several = await begun({ document: workflow({ a: ask, b: ask }) });
    await expect(one.operate.approve({ runId: several })).rejects.toThrow(/name the step, one of a, b/);
    await one.operate.approve({ runId: several, step: 'a' });
    expect(await one.operate.reject({ runId: several })).toMatchObject({ status: 'failed' });
    const none = await begun({ document: chain });
    await expect(one.operate.approve({ runId: none })).rejects.toThrow(/asks for no approval/);
  });
});

describe('runs from runs', () => {
  const completed = async (): Promise<string> => {
    const runId = await begun({ document: chain });
    for (const [step, output] of [
      ['a', 1],
      ['c', 'c'],
      ['b', 'b'],
    ] as const) {
      const complete = { kind: 'complete', step, attempt: 1, output, by: BY, durationMs: 1 } as const;
      await one.store.update(runId, (state) => ({
        events: decide(state, complete, surroundings.circumstances()),
        certain: true,
      }));
    }
    return runId;
  };

  it('keep what does not depend on the step from which on they are done anew', async () => {
    const runId = await completed();
    const again = await one.again.rerun({ runId, from: 'a', inputs: { n: 5 }, by: 'anna', idempotencyKey: 'k' });
    expect(await two.again.rerun({ runId, from: 'a', inputs: { n: 5 }, by: 'anna', idempotencyKey: 'k' })).toEqual({
      ...again,
      existing: true,
    });
    const events = await log.read(again.runId);
    expect(events.map(({ type }) => type)).toEqual(['run.submitted', 'step.kept', 'attempt.scheduled']);
    expect(events[0]?.data).toMatchObject({ inputs: { n: 5 }, origin: { kind: 'rerun', runId, from: 'a', by: 'anna' } });
    expect(events[1]?.data).toMatchObject({ step: 'c', output: 'c' });
    expect(acts.filter(({ action }) => action === 'run.rerun')).toHaveLength(1);
  });

  it('go on from a place in the log as if nothing had come after it', async () => {
    const runId = await completed();
    const place = (await log.read(runId)).find((event) => event.type === 'attempt.completed' && event.data.step === 'a');
    const fork = await one.again.fork({ runId, sequence: place?.sequence ?? 0 });
    const kept = (await log.read(fork.runId)).flatMap((event) => (event.type === 'step.kept' ? [event.data.step] : []));
    expect(kept).toEqual(['a']);
    await expect(one.again.fork({ runId, sequence: 99 })).rejects.toMatchObject({ code: 'VALIDATION_FAILED' });
    await expect(one.again.rerun({ runId, from: 'z' })).rejects.toThrow(/no step "z"; it has: a, b, c/);
  });

  it('are compared, and decided again without anything being done', async () => {
    const runId = await completed();
    const before = [...log.heads().keys()].length;
    expect(await one.compare.replay({ runId })).toMatchObject({ same: true, more: 0 });
    const other = { ...chain, steps: { ...chain.steps, b: { task: 'y', needs: ['a'], with: { n: 9 } } } };
    const { differences } = await one.compare.replay({ runId, document: other });
    expect(differences).toContainEqual({ path: 'asked.b.input.n', before: 1, after: 9 });
    const rerun = await one.again.rerun({ runId });
    expect((await one.compare.diff({ runId, other: rerun.runId })).differences.map(({ path }) => path)).toContain('status');
    expect([...log.heads().keys()]).toHaveLength(before + 1);
  });
});

describe('schedules', () => {
  const put = (more: object = {}) =>
    one.schedules.put({ name: 'often', cron: '* * * * *', run: { document: chain }, by: 'anna', ...more });
  const later = (ms: number): void => {
    now = new Date(now.getTime() + ms);
  };
  const runs = () => [...log.heads().keys()].length;

  it('make one run for each of their times, though two replicas look at once', async () => {
    expect((await put()).next[0]).toBe('2026-01-01T00:01:00.000Z');
    await one.fire.execute();
    expect(runs()).toBe(0);
    later(60_000);
    await Promise.all([one.fire.execute(), two.fire.execute()]);
    await one.fire.execute();
    expect(runs()).toBe(1);
    expect(await table.find('often')).toMatchObject({
      nextAt: new Date('2026-01-01T00:02:00Z'),
      last: { at: '2026-01-01T00:01:00.000Z' },
    });
    const [runId = ''] = log.heads().keys();
    expect((await log.read(runId))[0]?.data).toMatchObject({ schedule: 'often', submittedBy: 'schedule often' });
  });

  it('begin nothing twice when the clock is set back, and see a step forward as an outage', async () => {
    await put();
    later(60_000);
    await one.fire.execute();
    later(-45_000);
    await one.fire.execute();
    later(50_000);
    await two.fire.execute();
    expect(runs()).toBe(1);
    later(24 * 60 * 60_000);
    await two.fire.execute();
    expect(runs()).toBe(2);
  });

  it.each([
    ['last', 1],
    ['none', 0],
    ['all', 10],
  ] as const)('make up for missed times as they say: %s', async (catchUp, expected) => {
    await put({ catchUp });
    later(10 * 60_000 + 40_000);
    await one.fire.execute();
    expect(runs()).toBe(expected);
  });

  it('wait while nothing can be written, and go on with the same time', async () => {
    await put();
    later(60_000);
    log.failNext(new Unavailable('the database is away'));
    await one.fire.execute();
    expect(runs()).toBe(0);
    later(5_000);
    await one.fire.execute();
    expect(runs()).toBe(1);
    expect(outcomes).toEqual(['delayed', 'submitted']);
  });

  it('note what was refused, and wait for their next time', async () => {
    catalog.documents.set('nightly', chain);
    await put({ run: { workflow: 'nightly' } });
    catalog.documents.set(
      'nightly',
      workflow({ a: { task: 'x', needs: ['a'] } }, { inputs: { must: { type: 'string', required: true } } }),
    );
    later(60_000);
    await one.fire.execute();
    expect(await table.find('often')).toMatchObject({
      last: { error: { code: 'VALIDATION_FAILED' } },
      nextAt: new Date('2026-01-01T00:02:00Z'),
    });
  });

  it('said again the same do not skip a time that has just come; paused ones leave times out', async () => {
    await put();
    later(60_000);
    expect((await put()).next[0]).toBe('2026-01-01T00:01:00.000Z');
    await one.schedules.pause({ name: 'often', by: 'bob' });
    await one.fire.execute();
    expect(runs()).toBe(0);
    expect((await put({ cron: '*/5 * * * *' })).paused?.by).toBe('bob');
    later(60_000);
    expect((await one.schedules.resume({ name: 'often' })).next[0]).toBe('2026-01-01T00:05:00.000Z');
  });
});
