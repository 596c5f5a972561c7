import { expect, it } from 'vitest';
import { metricName } from './metric-name.js';

it.each([
  ['counter', 'aet_tasks_done_total'],
  ['histogram', 'aet_rpc_duration_seconds'],
  ['gauge', 'aet_slots_busy'],
] as const)('takes the %s %s', (kind, name) => {
  expect(metricName(kind, name)).toBe(name);
});

it.each([
  ['counter', 'aet_tasks_done'],
  ['counter', 'tasks_done_total'],
  ['histogram', 'aet_rpc_duration_ms'],
  ['histogram', 'aet_rpc_duration'],
  ['gauge', 'aet_tasks_total'],
  ['gauge', 'aet_lag_milliseconds'],
  ['gauge', 'aet_Slots'],
] as const)('refuses the %s %s', (kind, name) => {
  expect(() => metricName(kind, name)).toThrow(name);
});
