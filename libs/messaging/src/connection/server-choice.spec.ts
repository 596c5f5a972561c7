import type { Server } from '@nats-io/nats-core';
import { expect, it } from 'vitest';
import { forgotten, leastRecent } from './server-choice.js';

const server = (listen: string, lastConnect: number) => ({ listen, lastConnect }) as Server;

it('the server that was dialled the longest ago is next, of equals the one that the client would take', () => {
  expect(leastRecent([server('a', 30), server('b', 10), server('c', 20)])?.listen).toBe('b');
  expect(leastRecent([server('a', 0), server('b', 0)])?.listen).toBe('a');
  expect(leastRecent([])).toBeNull();
});

it('servers of the list that the client dropped are known, however they are written', () => {
  const pool = [server('127.0.0.1:4222', 0), server('[::1]:4300', 0)];
  expect(forgotten(['nats://127.0.0.1:4222', 'tls://[::1]:4300', '127.0.0.1'], pool)).toEqual([]);
  expect(forgotten(['nats://127.0.0.1:4222', 'nats://pc2:4222', 'nats://pc2:4223'], pool)).toEqual([
    'nats://pc2:4222',
    'nats://pc2:4223',
  ]);
});
