import type { StopNotice, TaskMessage } from '@aet/contracts';
import { describe, expect, it } from 'vitest';
import { AttemptsInHand } from './attempts-in-hand.js';

const task = (runId: string, step: string, scheduledAt = '2026-01-01T00:00:01.000Z'): TaskMessage => ({
  v: 1,
  runId,
  step,
  attempt: 1,
  cell: 'local',
  epoch: 1,
  capability: 'cap',
  priority: 'normal',
  input: {},
  timeoutMs: 60_000,
  correlationId: 'c',
  workflow: 'w',
  scheduledAt,
});
const notice = (more: Partial<StopNotice> = {}): StopNotice => ({ runId: 'r', at: '2026-01-01T00:00:02.000Z', ...more });

function hostWith(...tasks: TaskMessage[]) {
  let now = 0;
  const inHand = new AttemptsInHand(() => now);
  const attempts = tasks.map((one) => inHand.begin(one));
  return { inHand, attempts, stopped: () => attempts.map(({ unwanted }) => unwanted.aborted), wait: (ms: number) => (now += ms) };
}

describe('attempts in hand', () => {
  it('end when their run is stopped, and no others', () => {
    const { inHand, stopped } = hostWith(task('r', 'a'), task('r', 'b'), task('other', 'a'));
    expect(inHand.stop(notice())).toBe(2);
    expect(stopped()).toEqual([true, true, false]);
  });

  it('end by step when only that is stopped', () => {
    const { inHand, stopped } = hostWith(task('r', 'a'), task('r', 'b'));
    inHand.stop(notice({ step: 'b' }));
    expect(stopped()).toEqual([false, true]);
    expect([inHand.isDoubtful(task('r', 'b')), inHand.isDoubtful(task('r', 'a'))]).toEqual([true, false]);
  });

  it('go on when they undo something, or were scheduled after the notice', () => {
    const { inHand, stopped } = hostWith(task('r', 'a~undo'), task('r', 'a', '2026-01-01T00:00:03.000Z'));
    expect(inHand.stop(notice({ sparesCompensations: true }))).toBe(0);
    expect(stopped()).toEqual([false, false]);
    expect(inHand.isDoubtful(task('r', 'a'))).toBe(true);
    expect(inHand.isDoubtful(task('r', 'a', '2026-01-01T00:00:03.000Z'))).toBe(false);
  });

  it('are known by how long they run, until they end', () => {
    const { inHand, attempts, wait } = hostWith(task('r', 'a'));
    expect(inHand.runningFor(5_000)).toEqual([]);
    wait(5_000);
    expect(inHand.runningFor(5_000)).toHaveLength(1);
    attempts[0]?.[Symbol.dispose]();
    expect(inHand.runningFor(0)).toEqual([]);
    expect(inHand.stop(notice())).toBe(0);
  });
});
