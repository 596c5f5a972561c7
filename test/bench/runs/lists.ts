import type { ListRuns } from '@aet/contracts';
import {
  createDataSource,
  createPool,
  PostgresRunList,
  RUN_LOG_MIGRATIONS,
  RUN_LOG_SCHEMA,
  runMigrations,
} from '@aet/persistence';
import { PostgresTestServer } from '@aet/persistence/testing';
import { type Line, line } from '../support/line.ts';
import { percentiles } from '../support/measure.ts';

const RUNS = 1_000_000;
const ASKED = 100;
const GOAL_MS = 20;

/** Of which most are completed, as in a cell that works; words of errors are rare, common and in between. */
const FILL = `
INSERT INTO aet.run_list (run_id, submitted_at, status, workflow, summary, priority, cell, submitted_by, lane, parent_run_id, schedule, error)
SELECT id, at, status, workflow,
  json_build_object('runId', id, 'workflow', workflow, 'status', status, 'priority', priority, 'cell', 'mainpc', 'correlationId', id,
    'submittedAt', to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), 'updatedAt', to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
    'attempts', json_build_object('scheduled', 3, 'completed', 3, 'failed', 0)),
  priority, 'mainpc', 'user-' || n % 50, CASE WHEN n % 10 = 0 THEN 'background' END,
  CASE WHEN n % 20 = 0 THEN lpad(to_hex(n / 2000), 8, '0') || '-0000-7000-8000-000000000000' END,
  CASE WHEN n % 100 = 0 THEN 'nightly-' || n % 7 END,
  CASE WHEN status = 'failed' THEN 'ATTEMPT_FAILED the tests of module-' || n % 997 || ' failed'
    || CASE WHEN n % 5 = 0 THEN ' after a timeout' ELSE '' END || CASE WHEN n % 9973 = 0 THEN ' unicorn' ELSE '' END END
FROM (
  SELECT n, lpad(to_hex(26000000 + n), 8, '0') || '-0000-7000-8000-' || lpad(to_hex(n), 12, '0') AS id,
    timestamptz '2026-01-01' + n * interval '20 seconds' AS at, 'workflow-' || n % 40 AS workflow,
    CASE WHEN n % 30 = 0 THEN 'failed' WHEN n % 1000 = 7 THEN 'cancelled' WHEN n > ${RUNS} - 300 THEN 'running' ELSE 'completed' END AS status,
    CASE WHEN n % 2000 = 0 THEN 'critical' WHEN n % 10 = 3 THEN 'high' ELSE 'normal' END AS priority
  FROM generate_series(1, ${RUNS}) n
) runs`;

const INDEXES = `SELECT indexdef, indexname FROM pg_indexes WHERE schemaname = 'aet' AND tablename = 'run_list' AND indexname <> 'run_list_pkey'`;

type Question = Pick<ListRuns, keyof ListRuns>;

/** What people and the console ask. */
const QUESTIONS: Readonly<Record<string, Question>> = {
  newest: {},
  'newest with counts': { counts: true },
  'one status': { status: 'failed' },
  'a rare status and a common one': { status: 'running,cancelled,completed' },
  'a workflow': { workflow: 'workflow-7' },
  'a workflow and a status': { workflow: 'workflow-10', status: 'failed' },
  'a submitter': { submittedBy: 'user-3' },
  'a priority': { priority: 'critical' },
  'a lane': { lane: 'background' },
  'a parent': { parent: '00000010-0000-7000-8000-000000000000' },
  'a schedule': { schedule: 'nightly-3' },
  'another cell': { cell: 'pc2' },
  'a time': { since: '2026-03-01T00:00:00Z', before: '2026-03-02T00:00:00Z' },
  'a rare word': { text: 'unicorn' },
  'a word of a module': { text: 'module-77' },
  'a common word': { text: 'failed' },
  'beginnings of words': { text: 'time modu' },
  'a word and a status': { text: 'timeout', status: 'failed', counts: true },
};

/** A million runs, as the list answers them: by every filter, the first page and pages far behind it. */
export async function* listsBench(): AsyncGenerator<Line> {
  await using postgres = await PostgresTestServer.start({ shared_buffers: '512MB' });
  const database = await postgres.freshDatabase();
  const source = createDataSource(database, { schema: RUN_LOG_SCHEMA, migrations: RUN_LOG_MIGRATIONS });
  await runMigrations(source);
  await source.destroy();
  const pool = createPool(database);
  try {
    await fill(pool);
    const list = new PostgresRunList(pool);
    const all: number[] = [];
    for (const [name, question] of Object.entries(QUESTIONS)) {
      const times = await timesOf(list, question);
      all.push(...times);
      yield line({ bench: `runs: list of ${RUNS}, ${name}, p99`, value: percentiles(times).p99, unit: 'ms', goal: GOAL });
    }
    yield line({ bench: `runs: list of ${RUNS}, all questions, p99`, value: percentiles(all).p99, unit: 'ms', goal: GOAL });
    yield line({ bench: `runs: list of ${RUNS}, all questions, p50`, value: percentiles(all).p50, unit: 'ms' });
  } finally {
    await pool.end();
  }
}

const GOAL = { text: `p99 ≤ ${GOAL_MS} ms`, reached: (value: number) => value <= GOAL_MS };

/** The first page again and again, and on from page to page. */
async function timesOf(list: PostgresRunList, question: Question): Promise<number[]> {
  await list.list(question);
  const times: number[] = [];
  let cursor: string | undefined;
  for (let n = 0; n < ASKED; n++) {
    const started = performance.now();
    const { next } = await list.list({ ...question, ...(cursor === undefined ? {} : { cursor }) });
    times.push(performance.now() - started);
    cursor = n % 2 === 0 ? next : undefined;
  }
  return times;
}

/** Indexes are made once all rows are there. */
async function fill(pool: ReturnType<typeof createPool>): Promise<void> {
  const long = (text: string): Promise<unknown> => pool.query({ text, query_timeout: 600_000 } as { text: string });
  const { rows } = await pool.query<{ indexdef: string; indexname: string }>(INDEXES);
  for (const { indexname } of rows) await pool.query(`DROP INDEX aet.${indexname}`);
  await long(FILL);
  for (const { indexdef } of rows) await long(indexdef);
  await long(
    `INSERT INTO aet.run_count (workflow, status, shard, runs) SELECT workflow, status, hashtext(run_id) & 15, count(*) FROM aet.run_list GROUP BY 1, 2, 3`,
  );
  await long('VACUUM ANALYZE');
}
