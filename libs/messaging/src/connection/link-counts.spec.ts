import type { Status, Subscription } from '@nats-io/nats-core';
import { describe, expect, it } from 'vitest';
import { type LinkWatch, unwatched, watched } from './link-counts.js';

type Step = [event: Status, inBytes?: number];
const ping = (pendingPings: number): Status => ({ type: 'ping', pendingPings });
const gone: Status = { type: 'disconnect', server: 'a' };
const back: Status = { type: 'reconnect', server: 'b' };
const stale: Status = { type: 'staleConnection' };
const said = (text: string): Status => ({ type: 'error', error: new Error(text) });

const after = (...steps: Step[]): LinkWatch['counts'] =>
  steps.reduce((watch, [event, inBytes = 0]) => watched(watch, event, inBytes), unwatched).counts;

describe('a link', () => {
  it('counts losses and returns', () => {
    expect(after([gone], [back], [gone], [back])).toMatchObject({ disconnects: 2, reconnects: 2, staleConnections: 0 });
  });

  it('is stale when nothing comes, not even the answer to a ping', () => {
    expect(after([ping(1), 100], [ping(2), 100], [ping(3), 100], [stale], [gone])).toEqual({
      disconnects: 1,
      reconnects: 0,
      staleConnections: 1,
      slowConsumers: 0,
    });
  });

  it('is slow when data comes and the answer to a ping does not: once, until an answer has come', () => {
    const behind: Step[] = [
      [ping(1), 100],
      [ping(2), 5_000],
      [ping(3), 9_000],
      [stale, 9_500],
    ];
    expect(after(...behind)).toMatchObject({ slowConsumers: 1, staleConnections: 0 });
    expect(after(...behind, [gone], [back, 10_000], [ping(1), 10_000], ...behind)).toMatchObject({ slowConsumers: 2 });
  });

  it('is well when answers come, however much data there is', () => {
    expect(after([ping(1), 100], [ping(1), 9_000], [ping(1), 99_000])).toEqual(unwatched.counts);
  });

  it('believes the server, and the bound of a subscription', () => {
    const sub = {} as Subscription;
    expect(after([said('Slow Consumer')], [{ type: 'slowConsumer', sub, pending: 9 }])).toMatchObject({ slowConsumers: 2 });
    expect(after([said('Stale Connection')], [said('Maximum Connections Exceeded')])).toMatchObject({ staleConnections: 1 });
  });
});
