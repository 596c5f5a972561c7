import type { AttemptState, TaskMessage } from '@aet/contracts';
import { expect, it } from 'vitest';
import { isSettled } from './settled-task.js';

it.each<[AttemptState['state'] | 'unknown', boolean]>([
  ['open', false],
  ['finished', true],
  ['superseded', true],
  ['unknown', false],
])('a task whose owner says %s is over: %s', async (state, over) => {
  expect(await isSettled({ stateOf: () => Promise.resolve(state) }, { cell: 'c1' } as TaskMessage)).toBe(over);
});
