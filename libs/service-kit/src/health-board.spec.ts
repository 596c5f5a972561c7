import { expect, it } from 'vitest';
import { LiveHealthBoard } from './health-board.js';

it('is ready only while it runs, and not with a problem that says so', () => {
  const board = new LiveHealthBoard();
  expect([board.ready, board.status]).toEqual([false, 'starting']);
  board.started();
  expect([board.ready, board.status, board.problems]).toEqual([true, 'ready', {}]);
  board.report('ports', 'nearly out');
  expect([board.ready, board.status]).toEqual([true, 'degraded']);
  board.report('nats', 'down', { unready: true });
  expect([board.ready, board.problems]).toEqual([false, { ports: 'nearly out', nats: 'down' }]);
  board.clear('nats');
  board.clear('ports');
  expect(board.status).toBe('ready');
  board.drain();
  expect([board.ready, board.status]).toEqual([false, 'draining']);
  board.started();
  expect(board.status).toBe('draining');
});

it('tells of changes, and of nothing else', () => {
  const board = new LiveHealthBoard();
  let told = 0;
  board.onChange(() => (told += 1));
  board.started();
  board.report('nats', 'down');
  board.report('nats', 'down');
  board.clear('other');
  board.report('nats', 'down', { unready: true });
  board.clear('nats');
  expect(told).toBe(4);
});
