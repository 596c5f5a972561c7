import { InternalError } from '@aet/contracts';
import { type RunTimer, RunTimers } from '@aet/persistence';
import { InMemoryRunLog } from '@aet/persistence/testing';
import { decide } from '@aet/runs';
import { submission, workflow } from '@aet/runs/testing';
import { describe, expect, it } from 'vitest';
import { RunStore } from './run-store.js';
import { TickRuns } from './tick-runs.js';

const START = Date.parse('2026-01-01T00:00:00.000Z');
const metrics = { appended: () => undefined, conflict: () => undefined, refused: () => undefined };

class MemoryTimers extends RunTimers {
  readonly rows = new Map<string, number>();
  override next(before: number, limit: number): Promise<RunTimer[]> {
    const rows = [...this.rows].map(([runId, dueAt]) => ({ runId, dueAt })).filter(({ dueAt }) => dueAt < before);
    return Promise.resolve(rows.toSorted((a, b) => a.dueAt - b.dueAt).slice(0, limit));
  }
  override settle(rows: readonly { runId: string; dueAt?: number }[]): Promise<void> {
    for (const { runId, dueAt } of rows) {
      if (dueAt === undefined) this.rows.delete(runId);
      else this.rows.set(runId, dueAt);
    }
    return Promise.resolve();
  }
}

function clockwork() {
  let now = START;
  const log = new InMemoryRunLog(() => new Date(now));
  const store = new RunStore(log, metrics);
  const timers = new MemoryTimers();
  const warnings: string[] = [];
  const surroundings = { circumstances: () => ({ now: new Date(now), random: () => 0 }), newRunId: () => '' };
  const tick = new TickRuns(timers, store, surroundings, 'mainpc', { warn: (text: string) => warnings.push(text) } as never);
  const begin = async (runId: string, cell = 'mainpc') => {
    const document = workflow({ short: { wait: { for: '10s' } }, long: { wait: { for: '60s' } } });
    const events = decide(
      undefined,
      { kind: 'submit', runId, submission: { ...submission(document), cell } },
      surroundings.circumstances(),
    );
    await log.append(runId, 0, events);
    timers.rows.set(runId, now + 10_000);
  };
  return { log, store, timers, warnings, tick, begin, wait: (ms: number) => (now += ms) };
}

describe('what waits for its time', () => {
  it('happens then and not before, and the next moment is known', async () => {
    const { store, timers, tick, begin, wait } = clockwork();
    await begin('r');
    expect(await tick.execute()).toBe(1_000);
    wait(9_500);
    expect(await tick.execute()).toBe(500);
    expect((await store.current('r'))?.steps['short']?.status).toBe('running');
    wait(500);
    await tick.execute();
    expect((await store.current('r'))?.steps['short']?.status).toBe('completed');
    expect(timers.rows.get('r')).toBe(START + 60_000);
  });

  it('happens at the next look when the clock was set forward', async () => {
    const { store, timers, tick, begin, wait } = clockwork();
    await begin('r');
    expect(await tick.execute()).toBeLessThanOrEqual(1_000);
    wait(3_600_000);
    await tick.execute();
    expect((await store.current('r'))?.status).toBe('completed');
    expect(timers.rows.size).toBe(0);
  });

  it('is not held up by a run that cannot be read, which is tried again later', async () => {
    const { log, store, timers, warnings, tick, begin, wait } = clockwork();
    for (const runId of ['bad', 'good']) await begin(runId);
    wait(10_000);
    const read = log.read.bind(log);
    let broken = true;
    log.read = (runId, ...rest) =>
      broken && runId === 'bad' ? Promise.reject(new InternalError('broken')) : read(runId, ...rest);
    await tick.execute();
    expect([warnings.length, (await store.current('good'))?.steps['short']?.status]).toEqual([1, 'completed']);
    broken = false;
    await tick.execute();
    expect(timers.rows.get('bad')).toBe(START + 10_000);
    wait(10_001);
    await tick.execute();
    expect((await store.current('bad'))?.steps['short']?.status).toBe('completed');
  });

  it('is nothing of ours in a run of another cell, or of none', async () => {
    const { timers, tick, begin, wait } = clockwork();
    await begin('theirs', 'pc2');
    timers.rows.set('nobody', START);
    wait(10_000);
    await tick.execute();
    expect(timers.rows.size).toBe(0);
  });
});
