import { expect, it } from 'vitest';
import { rebuildLine, segmentTable, verifyLine } from './record-lines.js';

const seen = { runs: 2, events: 40, totalRuns: 8, seconds: 2 };

it('says how far a rebuild is, and what it made', () => {
  expect(rebuildLine({ phase: 'folding', ...seen })).toBe('folding: 2 of 8 runs, 40 events, 2.0 s, 20 events/s');
  expect(rebuildLine({ phase: 'done', ...seen })).toBe('rebuilt from 40 events of 2 runs in 2.0 s, 20 events/s');
});

it('says whether anything differs', () => {
  const all = { ...seen, messages: 3 };
  expect(verifyLine({ phase: 'runs', ...all, findings: 1 })).toContain('runs: 40 events of 2 of 8 runs, 3 messages');
  expect(verifyLine({ phase: 'done', ...all, findings: 0 })).toMatch(/^nothing differs: /);
  expect(verifyLine({ phase: 'done', ...all, findings: 2 })).toMatch(/^2 findings: /);
});

it('lists segments, or says that there are none', () => {
  expect(segmentTable({ segments: [] })).toEqual(['the archive is empty']);
});
