import { isRunEnded, OrchestratorRpc, WORKFLOW_API, type WorkflowDocument } from '@aet/contracts';
import { connectNats, NatsRpcClient } from '@aet/messaging';
import { PostgresTestServer } from '@aet/persistence/testing';
import pg from 'pg';
import { Fleet } from '../support/fleet.ts';
import { type Line, line } from '../support/line.ts';
import { residentMb } from '../support/program.ts';

const ITEMS = 100_000;
/** A tenth of a run of this size is compared with another. */
const TENTHS = 10;
const ASK_MS = 500;
const DONE_MS = 600_000;

const document: WorkflowDocument = {
  api: WORKFLOW_API,
  name: 'large',
  inputs: { items: { type: 'array', required: true } },
  steps: {
    each: { task: 'echo', map: { over: 'inputs.items', concurrency: 500, collect: 'length(items)' }, with: { n: '${{ item }}' } },
  },
  output: '${{ steps.each }}',
};

/** One run that fans out over 100,000 items on a real fleet: whether its end goes as fast as its beginning, and what it takes of memory. */
export async function* largeBench(): AsyncGenerator<Line> {
  await using postgres = await PostgresTestServer.start({ fsync: 'on' });
  const own = { ...(await postgres.freshDatabase()), poolSize: 10 };
  await using fleet = await Fleet.start(own);
  const link = await connectNats({ servers: [fleet.nats.url], user: 'gateway', name: 'bench-large' });
  const database = new pg.Pool({ connectionString: postgres.url.replace(/\/[^/]*$/, `/${own.name}`), max: 1 });
  try {
    const rpc = new NatsRpcClient(link, { namespace: 'default', defaultTimeoutMs: 30_000 });
    const memory: number[] = [];
    // The heap grows to the size that the work needs before much is collected: what a run of half the size needs is the measure.
    await carryOut(rpc, ITEMS / 2, () => undefined);
    const before = residentMb(fleet.orchestrator.pid);
    const { runId, seconds } = await carryOut(rpc, ITEMS, () => memory.push(residentMb(fleet.orchestrator.pid)));
    const { rows } = await database.query<{ tenth: number; rate: number }>(
      `SELECT tenth, count(*) / greatest(extract(epoch FROM max(time) - min(time)), 0.001)::float8 AS rate FROM (
         SELECT time, ntile(${TENTHS}) OVER (ORDER BY sequence) AS tenth FROM aet.run_event WHERE run_id = $1) t GROUP BY tenth ORDER BY tenth`,
      [runId],
    );
    yield line({ bench: `map over ${ITEMS} items: items/s`, value: ITEMS / seconds, unit: 'items/s' });
    const [first, last] = [rows.at(0)?.rate ?? Number.NaN, rows.at(-1)?.rate ?? Number.NaN];
    yield line({
      bench: `map over ${ITEMS} items: events/s in its last tenth`,
      value: last,
      unit: 'events/s',
      peer: { name: 'in its first tenth', value: first },
      goal: { text: '≥ 0.8× the first tenth', reached: (_, ratio) => ratio >= 0.8 },
    });
    yield line({
      bench: `map over ${ITEMS} items: memory of the orchestrator, growth against a run of half the size`,
      value: Math.max(...memory) - before,
      unit: 'MB',
    });
  } finally {
    await database.end();
    await link.close();
  }
}

async function carryOut(rpc: NatsRpcClient, items: number, look: () => void): Promise<{ runId: string; seconds: number }> {
  const began = performance.now();
  const inputs = { items: Array.from({ length: items }, (_, index) => index % TENTHS) };
  const { runId } = await rpc.call(OrchestratorRpc.submit, { document, inputs, submittedBy: 'bench' });
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, ASK_MS));
    look();
    const { status } = await rpc.call(OrchestratorRpc.get, { runId });
    if (isRunEnded(status)) {
      if (status !== 'completed') throw new Error(`run ${runId} is ${status}`);
      return { runId, seconds: (performance.now() - began) / 1_000 };
    }
    if (performance.now() - began > DONE_MS) throw new Error(`run ${runId} is not done after ${DONE_MS} ms`);
  }
}
