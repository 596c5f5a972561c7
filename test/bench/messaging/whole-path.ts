import { PostgresTestServer } from '@aet/persistence/testing';
import pg from 'pg';
import { type Figure, type Line, line } from '../support/line.ts';
import { messagingPeers } from '../support/peers.ts';
import { Fleet } from '../support/fleet.ts';
import { drainBacklog, load, type Measured } from '../support/measure.ts';
import type { Order } from '../support/order.ts';
import { loadPeer } from './whole-path/peer.ts';
import { residentMb } from '../support/program.ts';

/** Tasks a second, strict. */
const GOAL = 5_000;
const PRODUCERS = 256;
const WARM = 2_000;
const TASKS = 10_000;
const PEER_TASKS = 3_000;
const PEERS = ['graphile-worker', 'pg-boss'];
/** Producers, and about as many tasks as they submit in a second or two. */
const GROWTH: readonly [number, number][] = [
  [1, 200],
  [4, 600],
  [16, 2_000],
  [64, 5_000],
];
const HOSTS = [2, 4];
const BACKLOGS = [10, 1_000];
/** `AET_BENCH_BACKLOG=1000000`: this backlog instead of everything else; it takes minutes. */
const LONG = Number(process.env['AET_BENCH_BACKLOG'] ?? 0);

const order = (more: Partial<Order> = {}): Order => ({ tasks: TASKS, producers: PRODUCERS, relaxed: false, ...more });

/**
 * Submit → events committed in PostgreSQL with flush → executed → result committed: real processes, everything on, one PostgreSQL for all.
 * One task is a run of one step with 220 bytes of input.
 */
export async function* wholePathBench(): AsyncGenerator<Line> {
  const versions = messagingPeers.install();
  await using postgres = await PostgresTestServer.start({ fsync: 'on', track_commit_timestamp: 'on' });
  const own = { ...(await postgres.freshDatabase()), poolSize: 10 };
  const database = new pg.Pool({ connectionString: urlOf(postgres, own.name) });
  try {
    await using fleet = await Fleet.start(own);
    await load(fleet, database, order({ tasks: WARM }));
    if (LONG > 0) return yield* backlogLines(fleet, database, [LONG]);
    const before = memory(fleet);
    const strict = await load(fleet, database, order());
    const relaxed = await load(fleet, database, order({ relaxed: true }));
    const after = memory(fleet);
    for (const peer of PEERS) {
      const { name } = await postgres.freshDatabase();
      yield* besides(
        strict,
        `${peer} ${versions[peer]}`,
        await loadPeer(peer, urlOf(postgres, name), order({ tasks: PEER_TASKS })),
      );
    }
    yield* alone('relaxed', relaxed);
    for (const [producers, tasks] of GROWTH)
      yield* alone(`strict, ${producers} producers`, await load(fleet, database, order({ producers, tasks })));
    for (const hosts of HOSTS) {
      while (fleet.hosts.length < hosts) await fleet.addHost();
      yield* alone(`strict, ${hosts} agent hosts`, await load(fleet, database, order()));
    }
    yield* backlogLines(fleet, database, BACKLOGS);
    for (const [name, mb] of Object.entries(after))
      yield line({
        bench: `whole path: memory of ${name} over ${2 * TASKS} tasks, growth`,
        value: mb - (before[name] ?? 0),
        unit: 'MB',
      });
  } finally {
    await database.end();
  }
}

function* besides(ours: Measured, peer: string, theirs: Measured): Generator<Line> {
  const figure = (bench: string, unit: string, pick: (of: Measured) => number, goal?: Figure['goal']): Line =>
    line({
      bench: `whole path strict: ${bench}`,
      value: pick(ours),
      unit,
      peer: { name: peer, value: pick(theirs) },
      ...(goal && { goal }),
    });
  yield figure('added', 'tasks/s', ({ added }) => added);
  yield figure('done', 'tasks/s', ({ processed }) => processed, {
    text: `≥ ${GOAL} tasks/s`,
    reached: (value) => value >= GOAL,
  });
  yield figure('to the acknowledgement, p50', 'ms', ({ ack }) => ack.p50);
  yield figure('to the acknowledgement, p99', 'ms', ({ ack }) => ack.p99);
  yield figure('to the result, p50', 'ms', ({ result }) => result.p50);
  yield figure('to the result, p99', 'ms', ({ result }) => result.p99);
}

function* alone(name: string, { added, processed, ack, result }: Measured): Generator<Line> {
  yield line({ bench: `whole path ${name}: added`, value: added, unit: 'tasks/s' });
  yield line({ bench: `whole path ${name}: done`, value: processed, unit: 'tasks/s' });
  yield line({ bench: `whole path ${name}: to the acknowledgement, p50`, value: ack.p50, unit: 'ms' });
  yield line({ bench: `whole path ${name}: to the acknowledgement, p99`, value: ack.p99, unit: 'ms' });
  yield line({ bench: `whole path ${name}: to the result, p50`, value: result.p50, unit: 'ms' });
  yield line({ bench: `whole path ${name}: to the result, p99`, value: result.p99, unit: 'ms' });
}

async function* backlogLines(fleet: Fleet, database: pg.Pool, backlogs: readonly number[]): AsyncGenerator<Line> {
  for (const tasks of backlogs) {
    const { added, processed } = await drainBacklog(fleet, database, order({ tasks }));
    yield line({ bench: `whole path strict, backlog of ${tasks}: added without hosts`, value: added, unit: 'tasks/s' });
    yield line({ bench: `whole path strict, backlog of ${tasks}: done by one host`, value: processed, unit: 'tasks/s' });
  }
}

const memory = ({ orchestrator, hosts, nats }: Fleet): Record<string, number> => ({
  orchestrator: residentMb(orchestrator.pid),
  'the agent host': residentMb(hosts[0]?.pid ?? -1),
  'nats-server': residentMb(nats.pid ?? -1),
});

const urlOf = (postgres: PostgresTestServer, name: string): string => postgres.url.replace(/\/[^/]*$/, `/${name}`);
