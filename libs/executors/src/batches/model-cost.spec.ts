import { expect, it } from 'vitest';
import { withCost } from './model-cost.js';

const prices = { 'claude-a': { inputPerMTok: 10, outputPerMTok: 50 }, 'claude-a-mini': { inputPerMTok: 1, outputPerMTok: 5 } };
const usage = { inputTokens: 1_000_000, outputTokens: 100_000 };

it.each([
  ['the price of its model', 'claude-a-20260101', 1, { costUsd: 15 }],
  ['the price of the longest name that fits', 'claude-a-mini-2', 1, { costUsd: 1.5 }],
  ['its share of it in a batch, and what it would have cost alone', 'claude-a-1', 0.5, { costUsd: 7.5, listCostUsd: 15 }],
  ['nothing when its price is not known', 'other', 0.5, {}],
])('costs %s', (_what, model, factor, cost) => {
  expect(withCost({ ...usage, model }, prices, factor)).toEqual({ ...usage, model, ...cost });
});
