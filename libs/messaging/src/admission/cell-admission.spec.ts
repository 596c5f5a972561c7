import { type CapabilityControl, QueueKey } from '@aet/contracts';
import { describe, expect, it } from 'vitest';
import { type KeyValueChange, type KeyValueEntry, KeyValueStore } from '../kv/key-value-store.js';
import { taskFor } from '../testing/contracts/work-queue.contract.js';
import { CellAdmission, type CellAdmissionOptions, type HeldBack, type QueueEntry } from './cell-admission.js';
import { FinishedTasks } from './finished-tasks.js';

/** A bucket in memory: what an operator writes is told at once. */
class Bucket extends KeyValueStore<QueueEntry> {
  private readonly entries = new Map<string, KeyValueEntry<QueueEntry>>();
  private tell: (change: KeyValueChange<QueueEntry>) => void = () => undefined;
  put(key: string, value: QueueEntry): void {
    const entry = { key, value, revision: this.entries.size + 1, writtenAt: 0 };
    this.entries.set(key, entry);
    this.tell({ kind: 'put', entry });
  }
  get = (key: string) => Promise.resolve(this.entries.get(key));
  create = () => Promise.reject(new Error('not here'));
  update = () => Promise.reject(new Error('not here'));
  delete = () => Promise.reject(new Error('not here'));
  list = () => Promise.resolve([...this.entries.values()]);
  watch(onChange: (change: KeyValueChange<QueueEntry>) => void) {
    this.tell = onChange;
    return Promise.resolve({ [Symbol.asyncDispose]: () => Promise.resolve() });
  }
}

const NOW = Date.parse('2026-11-21T12:00:00Z');
const paused: CapabilityControl = { paused: { by: 'me', at: '2026-11-21T12:00:00Z' } };

async function admitting(more: Partial<CellAdmissionOptions> = {}, bucket = new Bucket()) {
  const held: HeldBack[] = [];
  const admission = new CellAdmission({
    store: bucket,
    rates: {},
    now: () => NOW,
    onHeldBack: (_task, why) => held.push(why),
    ...more,
  });
  await new Promise<void>((resolve) => {
    const stop = admission.onChange(() => (stop(), resolve()));
  });
  return { admission, bucket, held };
}

describe('what a cell allows', () => {
  it('is nothing before it is known, then everything that nobody restricts', async () => {
    const unknown = new CellAdmission({ store: new Bucket(), rates: {} });
    expect(unknown.mayTake('alpha', 3)).toBe(0);
    expect(await unknown.admit(taskFor('s'), 1)).toMatchObject({ kind: 'later' });
    const { admission } = await admitting();
    expect(admission.mayTake('alpha', 3)).toBe(3);
    expect(await admission.admit(taskFor('s'), 1)).toEqual({ kind: 'begin' });
  });

  it('is nothing of a paused capability, and listeners hear of its resuming', async () => {
    const { admission, bucket, held } = await admitting();
    bucket.put(QueueKey.control('alpha'), paused);
    expect([admission.mayTake('alpha', 1), admission.mayTake('beta', 1)]).toEqual([0, 1]);
    expect(await admission.admit(taskFor('s'), 1)).toMatchObject({ kind: 'later' });
    expect(held).toEqual(['paused']);
    let told = 0;
    admission.onChange(() => told++);
    bucket.put(QueueKey.control('alpha'), {});
    expect([told, admission.mayTake('alpha', 1)]).toEqual([1, 1]);
  });

  it('does not do a task twice that ended here, however late its copy comes', async () => {
    const { admission } = await admitting();
    const task = taskFor('s');
    admission.taskEnded(task);
    expect(await admission.admit({ ...task, repeated: true }, 1)).toEqual({ kind: 'done-before' });
    expect(await admission.admit({ ...task, attempt: 2 }, 1)).toEqual({ kind: 'begin' });
  });

  it('asks the owner only of what may be a repetition', async () => {
    const asked: string[] = [];
    const { admission } = await admitting({
      settled: ({ step }) => (asked.push(step), Promise.resolve(step !== 'open')),
    });
    expect(await admission.admit(taskFor('new'), 1)).toEqual({ kind: 'begin' });
    expect(await admission.admit(taskFor('redelivered'), 2)).toEqual({ kind: 'done-before' });
    expect(await admission.admit(taskFor('republished', { repeated: true }), 1)).toEqual({ kind: 'done-before' });
    expect(await admission.admit(taskFor('open'), 2)).toEqual({ kind: 'begin' });
    expect(asked).toEqual(['redelivered', 'republished', 'open']);
  });

  it.each([
    ['in 12 s waits that long', 12_000, 1, { kind: 'later', afterMs: 12_000 }],
    ['that is due begins', 0, 1, { kind: 'begin' }],
    ['waits the rest when it comes again early', 4_000, 3, { kind: 'later', afterMs: 4_000 }],
    ['in an hour means a wrong clock: half a minute', 3_600_000, 1, { kind: 'later', afterMs: 30_000 }],
    ['in an hour begins when it comes again', 3_600_000, 2, { kind: 'begin' }],
    ['an hour ago begins', -3_600_000, 1, { kind: 'begin' }],
  ] as const)('a task that is due %s', async (_what, inMs, deliveries, verdict) => {
    const { admission } = await admitting();
    const task = taskFor('s', { notBefore: new Date(NOW + inMs).toISOString() });
    expect(await admission.admit(task, deliveries)).toEqual(verdict);
  });

  it('remembers a bounded number of tasks', () => {
    const finished = new FinishedTasks(2);
    for (const id of ['a', 'b', 'c']) finished.add(id);
    expect(['a', 'b', 'c'].map((id) => finished.has(id))).toEqual([false, true, true]);
  });
});
