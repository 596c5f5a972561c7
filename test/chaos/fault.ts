import type { SeededRandom } from './random.ts';

const PROCESSES = ['nats', 'postgres', 'producer', 'orchestrator', 'worker'] as const;
/** What can be killed, paused and restarted. `worker` is an agent host, `nats` and `postgres` are the servers. */
export type ProcessName = (typeof PROCESSES)[number];

export type ServerName = 'nats' | 'postgres';

/** Times in milliseconds, `atMs` after the begin of the round. `which` chooses among several processes of a name. */
export type Fault = { atMs: number; forMs: number } & (
  | { action: 'kill' | 'pause' | 'restart'; target: ProcessName; which: number }
  /**
   * `cut`: the connections to a server end at once, and new ones are refused. `silence`: they stay open, and nothing passes any more, as behind
   * a dead switch. `delay`: all passes, later. `ways` has a bit for each process whose connection is hit.
   */
  | { action: 'cut'; target: ServerName; ways: number }
  | { action: 'silence'; target: ServerName; ways: number }
  | { action: 'delay'; target: ServerName; ways: number; byMs: number }
  /** No room on the disk: of the server's store, or of the folder in which services keep what they could not send. */
  | { action: 'fill'; target: 'nats' | 'outbox' }
);

type Shape = (random: SeededRandom) => Fault[];

/** Faults fall into the time in which the producers submit. Milliseconds. */
export const WINDOW_MS = 1_200;

const when = (random: SeededRandom): number => random.between(50, WINDOW_MS);

/** One in three is longer than the acknowledgement wait and the lease of a process. */
const pauseMs = (random: SeededRandom): number =>
  random.between(1, 3) === 1 ? random.between(2_500, 4_500) : random.between(200, 1_200);

const several = (random: SeededRandom, most: number, make: () => Fault): Fault[] =>
  Array.from({ length: random.between(1, most) }, make).toSorted((a, b) => a.atMs - b.atMs);

/** Half of the time everybody's way is hit. */
const waysOf = (random: SeededRandom): number => (random.between(0, 1) === 0 ? 255 : random.between(1, 255));

const killing =
  (target: ProcessName): Shape =>
  (random) =>
    several(random, 2, () => ({
      action: 'kill',
      target,
      which: random.between(0, 1),
      atMs: when(random),
      forMs: random.between(0, 600),
    }));

const pausing =
  (target: ProcessName): Shape =>
  (random) =>
    several(random, 2, () => ({
      action: 'pause',
      target,
      which: random.between(0, 1),
      atMs: when(random),
      forMs: pauseMs(random),
    }));

const restarting =
  (target: ProcessName): Shape =>
  (random) =>
    several(random, 2, () => ({
      action: 'restart',
      target,
      which: random.between(0, 1),
      atMs: when(random),
      forMs: random.between(0, 300),
    }));

const cutting =
  (target: ServerName): Shape =>
  (random) =>
    several(random, 3, () => ({
      action: 'cut',
      target,
      ways: waysOf(random),
      atMs: when(random),
      forMs: random.between(0, 1_500),
    }));

const silencing =
  (target: ServerName): Shape =>
  (random) => [{ action: 'silence', target, ways: waysOf(random), atMs: when(random), forMs: pauseMs(random) }];

const delaying =
  (target: ServerName): Shape =>
  (random) =>
    several(random, 2, () => ({
      action: 'delay',
      target,
      ways: waysOf(random),
      atMs: when(random),
      forMs: random.between(500, 2_000),
      byMs: random.between(20, 400),
    }));

const fullStore: Shape = (random) => [{ action: 'fill', target: 'nats', atMs: when(random), forMs: random.between(300, 1_500) }];

/** An outbox is written to only while the server is away. One time in three a host must start on the full disk as well. */
const fullOutbox: Shape = (random) => {
  const atMs = when(random);
  const awayMs = random.between(800, 3_000);
  const away: Fault = { action: 'cut', target: 'nats', ways: 255, atMs, forMs: awayMs };
  const full: Fault = {
    action: 'fill',
    target: 'outbox',
    atMs: atMs + random.between(0, 400),
    forMs: random.between(300, awayMs),
  };
  const dead: Fault = {
    action: 'kill',
    target: 'worker',
    which: random.between(0, 1),
    atMs: full.atMs + random.between(0, 300),
    forMs: 100,
  };
  return random.between(1, 3) === 1 ? [away, full, dead] : [away, full];
};

const single: Readonly<Record<string, Shape>> = {
  ...Object.fromEntries(
    PROCESSES.flatMap((target) => [
      [`kill-${target}`, killing(target)],
      [`pause-${target}`, pausing(target)],
      [`restart-${target}`, restarting(target)],
    ]),
  ),
  'cut-nats': cutting('nats'),
  'cut-postgres': cutting('postgres'),
  'silence-nats': silencing('nats'),
  'silence-postgres': silencing('postgres'),
  'delay-nats': delaying('nats'),
  'delay-postgres': delaying('postgres'),
  'full-nats': fullStore,
  'full-outbox': fullOutbox,
};

const SHAPES: Readonly<Record<string, Shape>> = {
  /** Without a fault each task runs once, not more: the ledger is stricter. */
  calm: () => [],
  ...single,
  /** Two or three faults of different kinds at once. */
  mixed: (random) => {
    const kinds = Object.entries(single).filter(([kind]) => !kind.startsWith('full-'));
    return Array.from({ length: random.between(2, 3) }, () => random.pick(kinds)[1](random)).flat();
  },
};

export const KINDS: readonly string[] = Object.keys(SHAPES);

/** Shorter than in production, so that a round is short. Without a fault a task must not be offered twice, however slow the machine is. Milliseconds. */
export const ackWaitOf = (kind: string): number => (kind === 'calm' ? 60_000 : 1_500);

/** @throws {RangeError} for a kind that there is not */
export function faultsOf(kind: string, random: SeededRandom): Fault[] {
  const shape = SHAPES[kind];
  if (shape === undefined) throw new RangeError(`no kind of fault is called ${kind}: choose from ${KINDS.join(', ')}`);
  return shape(random);
}

export function describeFault(fault: Fault): string {
  const which = 'which' in fault ? ` ${fault.which + 1}` : 'ways' in fault ? ` (ways ${fault.ways.toString(2)})` : '';
  const by = fault.action === 'delay' ? ` by ${fault.byMs} ms` : '';
  return `${fault.action} ${fault.target}${which}${by} at ${fault.atMs} ms for ${fault.forMs} ms`;
}
