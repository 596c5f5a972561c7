import { expect, it } from 'vitest';
import { isPlacedAt } from './placement.js';

const place = { host: 'pc2', labels: { gpu: 'a100', room: '3' } };

it.each([
  [{}, true],
  [{ host: 'pc2' }, true],
  [{ host: 'mainpc' }, false],
  [{ labels: { gpu: 'a100' } }, true],
  [{ labels: { gpu: 'a100', room: '4' } }, false],
  [{ labels: { disk: 'ssd' } }, false],
  [{ host: 'mainpc', labels: { gpu: 'a100' } }, false],
])('a task that asks for %j is here in its place: %s', (placement, expected) => {
  expect(isPlacedAt(placement, place)).toBe(expected);
});
