import { expect, it } from 'vitest';
import { WorkRoom } from './work-room.js';

const fill = (percent: number, stream = 'TASKS') => ({ stream, messages: 1, bytes: percent, maxBytes: 100 });

it('closes when a stream is nearly full, and opens when there is room again, not in between', () => {
  const room = new WorkRoom();
  const open = (percent: number): boolean => (room.noted([fill(percent)]), !room.isFull);
  expect([0, 94, 95, 92, 90, 89, 92].map(open)).toEqual([true, true, false, false, false, true, true]);
});

it('closes at the first refusal, and says what to do', () => {
  const room = new WorkRoom();
  room.assertRoom();
  room.refused('TASKS');
  room.noted([fill(10, 'RESULTS')]);
  expect(() => room.assertRoom()).toThrow(/TASKS has no room .* work\.maxBytes/);
  room.noted([{ ...fill(10), maxBytes: 0 }]);
  room.assertRoom();
});
