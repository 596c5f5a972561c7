import { expect, it } from 'vitest';
import { reasonToLeave } from './batch-policy.js';

const policy = { maxRequests: 10, maxBytes: 1_000, quietMs: 60_000, leadMs: 3_600_000, singleLeadMs: 600_000 };
const pile = { requests: 3, bytes: 100, earliestDeadline: 10_000_000, lastAdded: 0 };

it.each([
  ['never when empty', { ...pile, requests: 0 }, 9_999_999, undefined],
  ['not while requests come and there is time', pile, 59_999, undefined],
  ['after a quiet time', pile, 60_000, 'quiet'],
  ['with as many requests as it takes', { ...pile, requests: 10 }, 0, 'full'],
  ['with as many bytes as it takes', { ...pile, bytes: 1_000 }, 0, 'full'],
  ['when the earliest deadline is near', { ...pile, lastAdded: 6_400_000 }, 6_400_000, 'deadline'],
])('a batch leaves %s', (_when, given, now, reason) => {
  expect(reasonToLeave(given, policy, now)).toBe(reason);
});
