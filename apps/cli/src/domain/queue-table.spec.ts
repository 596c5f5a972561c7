import type { QueueView } from '@aet/contracts';
import { expect, it } from 'vitest';
import { capabilityLine, queueTable, queueWarnings } from './queue-table.js';

const open = {
  capability: 'secret-scan',
  waiting: { critical: 0, high: 0, normal: 12, low: 0 },
  inHand: 4,
  redelivered: 1,
};
const view: QueueView = {
  cell: 'local',
  capabilities: [
    { ...open, rate: { perSecond: 5, burst: 10, from: 'operator' } },
    { ...open, capability: 'test-runner', paused: { by: 'anna', at: '2026-11-21T12:00:00.000Z', reason: 'disk full' } },
  ],
  streams: [{ stream: 'TASKS', messages: 32, bytes: 256 * 1024 * 1024, maxBytes: 512 * 1024 * 1024 }],
};

it('shows capabilities with what waits, runs, is limited or paused, and how full the streams are', () => {
  expect(queueTable(view)).toEqual([
    'capability   critical  high  normal  low  in hand  again  state',
    'secret-scan         0     0      12    0        4      1  at most 5/s, 10 at once (operator)',
    'test-runner         0     0      12    0        4      1  PAUSED by anna at 2026-11-21T12:00:00.000Z: disk full',
    '',
    'TASKS of cell local: 32 messages, 256.0 MiB of 512.0 MiB, 50 % full',
  ]);
  expect(capabilityLine(open)).toBe('secret-scan: open');
});

it('warns of what keeps tasks waiting', () => {
  const full = { stream: 'RESULTS', messages: 9, bytes: 90 * 1024 * 1024, maxBytes: 100 * 1024 * 1024 };
  expect(queueWarnings({ ...view, streams: [...view.streams, full] })).toEqual([
    'test-runner: PAUSED by anna at 2026-11-21T12:00:00.000Z: disk full',
    'RESULTS: 9 messages, 90.0 MiB of 100.0 MiB, 90 % full; new runs are refused when it is full',
  ]);
  expect(queueWarnings({ ...view, capabilities: [open, { ...open, capability: 'ecoh', unserved: true }] })).toEqual([
    'ecoh: NO HOST has an agent for it: correct the name, or add an agent and restart',
  ]);
});
