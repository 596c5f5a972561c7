import { attemptId } from '@aet/contracts';
import { describe, expect, it } from 'vitest';
import type { OpenDispatch } from '../dispatch-table.js';
import { planRedispatch, planUnpublished, worthAsking } from './sweep-plan.js';

const POLICY = { graceMs: 100, lingerMs: 1_000, patienceMs: 5_000 };
const NOW = 1_000_000;

const row = (over: Partial<OpenDispatch> = {}): OpenDispatch => ({
  runId: 'r',
  step: 's',
  attempt: 1,
  eventSequence: 2,
  capability: 'c',
  priority: 'normal',
  notBefore: 0,
  scheduledAt: NOW - 10_000,
  redispatches: 0,
  ...over,
});

describe('the plan for tasks that were never published', () => {
  it('gives the committing process its grace, and a delayed task its time', () => {
    const rows = [row(), row({ scheduledAt: NOW }), row({ notBefore: NOW + 700 }), row({ notBefore: NOW - 20 })];
    expect(planUnpublished(rows, NOW, POLICY).map(({ at }) => at - NOW)).toEqual([-9_900, 100, 700, 80]);
  });
});

describe('the plan for tasks that are open for long', () => {
  it('asks for one that was lost before ever less often', () => {
    const published = (agoMs: number, redispatches: number) => row({ publishedAt: NOW - agoMs, redispatches, streamSequence: 1 });
    const rows = [published(999, 0), published(1_000, 0), published(3_999, 2), published(4_000, 2), published(64_000, 50)];
    expect(worthAsking(rows, NOW, POLICY)).toEqual([rows[1], rows[3], rows[4]]);
  });

  const lost = (over: object = {}) => ({
    gone: [row({ redispatches: 1 })],
    goneSince: new Map([[attemptId(row()), NOW]]),
    pendingResults: 0,
    stillOpen: new Set([attemptId(row())]),
    ...over,
  });

  it('sends anew under the next number what has neither message nor result', () => {
    expect(planRedispatch(lost(), NOW, POLICY)).toEqual([
      { runId: 'r', step: 's', attempt: 1, eventSequence: 2, priority: 'normal', redispatches: 2, at: NOW },
    ]);
  });

  it('leaves alone what was finished meanwhile, or whose result may be pending', () => {
    expect(planRedispatch(lost({ stillOpen: new Set() }), NOW, POLICY)).toEqual([]);
    expect(planRedispatch(lost({ pendingResults: 3 }), NOW, POLICY)).toEqual([]);
  });

  it('does not wait for ever for a cell that always has results pending', () => {
    expect(planRedispatch(lost({ pendingResults: 3 }), NOW + 5_000, POLICY)).toHaveLength(1);
  });
});
