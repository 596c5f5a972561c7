import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { planFleet } from './fleet-plan.js';
import {
  CRASH_LOOP,
  type FleetAction,
  type FleetEvent,
  type FleetState,
  initialState,
  restartDelayMs,
  STABLE_MS,
  supervise,
} from './supervision.js';

const plan = planFleet({ cells: ['local'], embeddedDatabase: true, drainMs: 10_000 });
const NATS = 'local/nats-server';
const POSTGRES = 'local/postgres';
const KM = 'local/km';
const ids = plan.processes.map((p) => p.id);

/** Feeds events at given times; gathers what was asked for. */
class Run {
  state: FleetState = initialState(plan);
  at = 0;
  actions: FleetAction[] = [];

  feed(...events: FleetEvent[]): FleetAction[] {
    const fresh: FleetAction[] = [];
    for (const event of events) {
      const step = supervise(plan, this.state, event, this.at);
      this.state = step.state;
      fresh.push(...step.actions);
    }
    this.actions.push(...fresh);
    return fresh;
  }
  boot(): this {
    this.feed({ kind: 'begin' });
    // Stores first: what needs them is started by their readiness.
    for (const id of ids) this.feed({ kind: 'ready', id });
    return this;
  }
  phase(id: string) {
    return this.state.processes[id]?.phase;
  }
}
const started = (actions: FleetAction[]) => actions.filter((a) => a.kind === 'start').map((a) => a.id);

describe('the supervisor', () => {
  it('starts the stores first, and a service when all that it needs is ready', () => {
    const run = new Run();
    expect(started(run.feed({ kind: 'begin' }))).toEqual([NATS, POSTGRES]);
    expect(started(run.feed({ kind: 'ready', id: NATS }))).not.toContain(KM);
    expect(started(run.feed({ kind: 'ready', id: POSTGRES }))).toContain(KM);
  });

  it('says once that the fleet is ready', () => {
    const run = new Run().boot();
    run.feed({ kind: 'exited', id: KM, reason: 'x' }, { kind: 'ready', id: KM });
    expect(run.actions.filter((a) => a.kind === 'fleet-ready')).toHaveLength(1);
  });

  it('restarts what ends by itself: at once the first time, then after a growing wait', () => {
    const run = new Run().boot();
    expect(started(run.feed({ kind: 'exited', id: KM, reason: 'signal SIGKILL' }))).toEqual([KM]);
    const second = run.feed({ kind: 'exited', id: KM, reason: 'code 1' });
    expect(started(second)).toEqual([]);
    expect(second).toContainEqual({ kind: 'set-timer', id: KM, afterMs: 250 });
    expect(started(run.feed({ kind: 'due', id: KM }))).toEqual([KM]);
    expect(run.state.processes[KM]?.restarts).toBe(2);
  });

  it('reports a crash loop, and goes on trying', () => {
    const run = new Run().boot();
    for (let end = 0; end < CRASH_LOOP; end++) run.feed({ kind: 'exited', id: KM, reason: 'code 1' }, { kind: 'due', id: KM });
    expect(run.actions).toContainEqual({ kind: 'say-crash-loop', id: KM, failures: CRASH_LOOP, reason: 'code 1' });
    expect(run.phase(KM)).toBe('starting');
    expect(run.state.mode).toBe('running');
  });

  it('forgets earlier ends after a stable time', () => {
    const run = new Run().boot();
    run.feed({ kind: 'exited', id: KM, reason: 'x' }, { kind: 'ready', id: KM });
    run.at = STABLE_MS;
    expect(started(run.feed({ kind: 'exited', id: KM, reason: 'x' }))).toEqual([KM]);
  });

  it('starts a service again only when what it needs is back', () => {
    const run = new Run().boot();
    run.feed({ kind: 'exited', id: NATS, reason: 'x' });
    expect(started(run.feed({ kind: 'exited', id: KM, reason: 'x' }))).toEqual([]);
    expect(started(run.feed({ kind: 'ready', id: NATS }))).toEqual([KM]);
  });

  it('gives up when a process cannot be brought up at all, and stops the rest', () => {
    const run = new Run();
    run.feed({ kind: 'begin' }, { kind: 'ready', id: NATS });
    for (let end = 0; end < CRASH_LOOP; end++)
      run.feed({ kind: 'exited', id: POSTGRES, reason: 'no disk' }, { kind: 'due', id: POSTGRES });
    expect(run.actions).toContainEqual({ kind: 'boot-failed', id: POSTGRES, reason: 'no disk' });
    expect(run.state.mode).toBe('stopping');
    expect(started(run.feed({ kind: 'due', id: POSTGRES }))).toEqual([]);
  });

  it('gives up at once when another start cannot help', () => {
    const run = new Run();
    const actions = run.feed({ kind: 'begin' }, { kind: 'exited', id: NATS, reason: 'config', fatal: true });
    expect(actions).toContainEqual({ kind: 'boot-failed', id: NATS, reason: 'config' });
  });

  it('kills what is not ready in time', () => {
    const run = new Run();
    run.feed({ kind: 'begin' });
    expect(run.feed({ kind: 'due', id: NATS })).toEqual([{ kind: 'kill', id: NATS }]);
  });

  it('stops rank by rank, and the next rank only after the one before is gone', () => {
    const run = new Run().boot();
    const order: string[][] = [];
    let actions = run.feed({ kind: 'stop' });
    while (run.state.mode !== 'ended') {
      const rank = actions.filter((a) => a.kind === 'terminate').map((a) => a.id);
      order.push(rank);
      actions = run.feed(...rank.map((id): FleetEvent => ({ kind: 'exited', id, reason: 'asked' })));
    }
    expect(order[0]).toEqual(['local/agent-mainpc', 'local/agent-pc2']);
    expect(order.slice(2)).toEqual([[NATS], [POSTGRES]]);
    expect(order.flat().toSorted()).toEqual(ids.toSorted());
    expect(actions).toContainEqual({ kind: 'fleet-ended' });
  });

  it('kills what does not stop within its limit', () => {
    const run = new Run().boot();
    const id = 'local/agent-pc2';
    expect(run.feed({ kind: 'stop' })).toContainEqual({ kind: 'set-timer', id, afterMs: 12_000 });
    expect(run.feed({ kind: 'due', id })).toEqual([{ kind: 'kill', id }]);
  });

  it('kills everything at once when asked so', () => {
    const run = new Run().boot();
    const killed = run.feed({ kind: 'kill' }).filter((a) => a.kind === 'kill');
    expect(killed.map((a) => a.id)).toEqual(ids);
  });

  it('starts nothing after a stop, whatever happens in which order', () => {
    const event: fc.Arbitrary<FleetEvent> = fc.oneof(
      fc.constantFrom(...ids).map((id): FleetEvent => ({ kind: 'ready', id })),
      fc.constantFrom(...ids).map((id): FleetEvent => ({ kind: 'exited', id, reason: 'x' })),
      fc.constantFrom(...ids).map((id): FleetEvent => ({ kind: 'due', id })),
    );
    fc.assert(
      fc.property(fc.array(event, { maxLength: 60 }), fc.array(event, { maxLength: 60 }), (before, after) => {
        const run = new Run();
        run.feed({ kind: 'begin' }, ...before, { kind: 'stop' });
        expect(started(run.feed(...after))).toEqual([]);
        run.feed(...ids.toReversed().map((id): FleetEvent => ({ kind: 'exited', id, reason: 'x' })), { kind: 'stop' });
        for (const rank of [0, 1, 2, 3]) {
          const living = plan.processes.filter((p) => p.stop.rank === rank);
          run.feed(...living.map(({ id }): FleetEvent => ({ kind: 'exited', id, reason: 'x' })));
        }
        expect(run.state.mode).toBe('ended');
        expect(run.actions.filter((a) => a.kind === 'fleet-ended').length).toBe(1);
      }),
    );
  });

  it('waits never longer than 5 s before a start', () => {
    fc.assert(fc.property(fc.integer({ min: 1, max: 1000 }), (failures) => restartDelayMs(failures) <= 5_000));
  });
});
