import { Aggregate, type RunStatus, Subjects } from '@aet/contracts';
import { connectNats, NatsRpcClient } from '@aet/messaging';
import { createPool, PostgresRunList, PostgresRunLog } from '@aet/persistence';
import { connect } from '@nats-io/transport-node';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { SeededRandom } from '../random.ts';
import { type Cast, CELL, World } from '../world.ts';
import { type Ended, endOf, Lane } from './lane.ts';
import { storm } from './storm.ts';
import { effectBreaches, recordBreaches } from './verdict.ts';
import { AGENTS, soakRun, WORKFLOWS } from './workload.ts';

const CAST: Cast = { orchestrators: 3, workers: 2, producers: 0, agents: AGENTS, workflows: WORKFLOWS };
const ACK_WAIT_MS = 4_500;
/** Runs that have not ended, at any time. */
const RUNS_AT_ONCE = 500;
/** After the last blow. Milliseconds. */
const SETTLE_MS = 300_000;
const REPORT_MS = 30_000;

/** Runs of every kind, so many at once, while orchestrators are killed, paused and restarted; then everything is held against what was promised. */
export async function soak(minutes: number, seed: number): Promise<number> {
  const random = new SeededRandom(seed);
  await using world = await World.start(ACK_WAIT_MS, CAST);
  writeFileSync(join(world.dir, 'performed'), '');
  console.error(`soak of ${minutes} min, seed ${seed}: ${RUNS_AT_ONCE} runs at once, ${CAST.orchestrators} orchestrators`);
  const ends = new Map<string, RunStatus>();
  const ear = await connect({ servers: world.nats.url, maxReconnectAttempts: -1 });
  ear.subscribe(new Subjects().eventsOf(CELL, Aggregate.Run), {
    callback: (_error, message) => {
      for (const [type, status] of Object.entries(endOf))
        if (message.string().includes(`"${type}"`)) ends.set(message.subject.split('.').at(-1) ?? '', status);
    },
  });
  const link = await connectNats({ servers: [world.nats.url], user: 'soak', name: 'soak' });
  const rpc = new NatsRpcClient(link, { namespace: 'default', defaultTimeoutMs: 4_000 });
  const over = AbortSignal.timeout(minutes * 60_000);
  const ended: Ended[] = [];
  let begun = 0;
  const lanes = Array.from({ length: RUNS_AT_ONCE }, async () => {
    const lane = new Lane(rpc, ends, () => random.next());
    while (!over.aborted) ended.push(await lane.carryOut(soakRun(begun++, random)));
  });
  const done = Promise.all(lanes);
  const reports = setInterval(() => console.error(`  ${begun} begun, ${ended.length} ended`), REPORT_MS);
  try {
    const blows = await Promise.race([
      storm(world.programs.orchestrator, new SeededRandom(seed + 1), over),
      done.then(() => undefined),
    ]);
    const settled = await Promise.race([done.then(() => true), sleep(SETTLE_MS, false, { ref: false })]);
    const pool = createPool({ ...world.postgres.config, poolSize: 2 }, { application: 'witness' });
    const log = new PostgresRunLog(pool, { groupCommitMs: 1, groupCommitMax: 1 });
    const breaches = [
      ...(settled ? [] : [{ rule: 'every run ends', about: `${begun - ended.length} runs`, says: `not within ${SETTLE_MS} ms` }]),
      ...effectBreaches(ended, world.dir),
      ...(await recordBreaches(ended, log, new PostgresRunList(pool))),
    ];
    await log.close();
    await pool.end();
    for (const { rule, about, says } of breaches.slice(0, 50)) console.error(`  BROKEN ${rule}: ${about}: ${says}`);
    if (breaches.length > 0) console.error(`  logs are kept in ${world.keep()}`);
    console.log(JSON.stringify({ soak: minutes, seed, blows, ...counts(ended), breaches: breaches.length }));
    return breaches.length === 0 ? 0 : 1;
  } finally {
    clearInterval(reports);
    await ear.close();
    await link.close();
  }
}

function counts(ended: readonly Ended[]): Record<string, unknown> {
  const by = (of: (one: Ended) => string): Record<string, number> =>
    Object.fromEntries([...Map.groupBy(ended, of)].map(([name, some]) => [name, some.length]));
  return { runs: ended.length, status: by(({ status }) => status), kinds: by(({ run }) => run.kind) };
}
