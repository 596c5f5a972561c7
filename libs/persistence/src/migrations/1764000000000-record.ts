import type { MigrationInterface, QueryRunner } from 'typeorm';
import { firstBounds, partitionName } from '../archive/partition-plan.js';

/** Weeks: what `runs.partitionDays` is when nobody says otherwise. The maintenance of the record goes on from here with its own period. */
const DAYS = 7;

/**
 * The log in partitions by time, the index of its archive, and a list of runs that can be searched and counted.
 * What the log had stays where it is: the old table becomes the first partition, without a copy of a row.
 */
export class Record1764000000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await partitionTheLog(runner);
    await runner.query(ARCHIVE);
    await runner.query(LIST);
    await runner.query(COUNTS);
    // Where projections are built beside the serving ones: what lies there is nobody's and may be dropped.
    await runner.query('CREATE SCHEMA IF NOT EXISTS aet_rebuild');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(UNDO);
  }
}

const EVENT_COLUMNS = `
  run_id text COLLATE "C" NOT NULL,
  sequence integer NOT NULL,
  type text NOT NULL,
  data json NOT NULL,
  time timestamptz(3) NOT NULL,
  prev_hash bytea NOT NULL,
  hash bytea NOT NULL`;

/** Run ids of version 7 begin with their time, so all events of a run lie in one partition; any other id lies in the default one. */
async function partitionTheLog(runner: QueryRunner): Promise<void> {
  const [current, next] = firstBounds(Date.now(), DAYS);
  await runner.query(`
    ALTER TABLE aet.run_event RENAME TO run_event_before;
    ALTER INDEX aet.run_event_pkey RENAME TO run_event_before_pkey;
    ALTER TABLE aet.run_event_before DROP COLUMN position;
    CREATE TABLE aet.run_event (${EVENT_COLUMNS}, PRIMARY KEY (run_id, sequence)) PARTITION BY RANGE (run_id);
    CREATE TABLE aet.run_event_stray PARTITION OF aet.run_event DEFAULT;
    WITH moved AS (DELETE FROM aet.run_event_before WHERE run_id >= '${current.to}' RETURNING *)
    INSERT INTO aet.run_event_stray (run_id, sequence, type, data, time, prev_hash, hash)
    SELECT run_id, sequence, type, data, time, prev_hash, hash FROM moved;`);
  const [{ filled }] = (await runner.query('SELECT EXISTS (SELECT FROM aet.run_event_before) AS filled')) as [
    { filled: boolean },
  ];
  await runner.query(
    filled
      ? `ALTER TABLE aet.run_event ATTACH PARTITION aet.run_event_before FOR VALUES FROM (MINVALUE) TO ('${current.to}')`
      : `DROP TABLE aet.run_event_before;
         CREATE TABLE aet.${partitionName(current)} PARTITION OF aet.run_event FOR VALUES FROM ('${current.from}') TO ('${current.to}')`,
  );
  // Only strays that lie in it by chance could refuse it; then they keep their place and the maintenance moves them.
  const [{ strays }] = (await runner.query(
    `SELECT EXISTS (SELECT FROM aet.run_event_stray WHERE run_id >= '${next.from}' AND run_id < '${next.to}') AS strays`,
  )) as [{ strays: boolean }];
  if (strays) return;
  await runner.query(
    `CREATE TABLE aet.${partitionName(next)} PARTITION OF aet.run_event FOR VALUES FROM ('${next.from}') TO ('${next.to}')`,
  );
}

/** `archived`: events of the run up to there lie in segments. A segment's row is there before its object, so that an interrupted write is found. */
const ARCHIVE = `
  ALTER TABLE aet.run_head ADD COLUMN archived integer NOT NULL DEFAULT 0;
  CREATE TABLE aet.archive_segment (
    segment text COLLATE "C" PRIMARY KEY,
    state text NOT NULL,
    created_at timestamptz(3) NOT NULL,
    runs integer NOT NULL,
    events integer NOT NULL,
    bytes bigint NOT NULL,
    sha256 bytea NOT NULL
  );
  CREATE TABLE aet.archived_run (
    run_id text COLLATE "C" NOT NULL,
    from_sequence integer NOT NULL,
    to_sequence integer NOT NULL,
    segment text COLLATE "C" NOT NULL,
    PRIMARY KEY (run_id, from_sequence)
  );
  CREATE INDEX archived_run_segment ON aet.archived_run (segment);`;

/**
 * Columns for filters and search, which takes what signs join for words of their own; `closed_at` while a run has ended and its events are in the table. Texts with a NUL, which a column does not take,
 * are left out of the search of old rows.
 */
const LIST = `
  ALTER TABLE aet.run_list
    ADD COLUMN priority text NOT NULL DEFAULT 'normal',
    ADD COLUMN cell text NOT NULL DEFAULT '',
    ADD COLUMN submitted_by text NOT NULL DEFAULT '',
    ADD COLUMN lane text,
    ADD COLUMN parent_run_id text COLLATE "C",
    ADD COLUMN schedule text,
    ADD COLUMN error text,
    ADD COLUMN closed_at timestamptz(3);
  UPDATE aet.run_list l SET
    priority = summary->>'priority', cell = summary->>'cell',
    submitted_by = CASE WHEN e.data::text LIKE '%\\u0000%' THEN '' ELSE e.data->>'submittedBy' END,
    error = CASE WHEN summary->'error' IS NULL OR summary::text LIKE '%\\u0000%' THEN NULL
      ELSE left((summary->'error'->>'code') || ' ' || (summary->'error'->>'message'), 4000) END,
    closed_at = CASE WHEN status IN ('completed', 'failed', 'cancelled') THEN (summary->>'updatedAt')::timestamptz END,
    summary = (left(rtrim(summary::text), -1) || ',"submittedBy":' || (e.data->'submittedBy')::text || '}')::json
  FROM aet.run_event e WHERE e.run_id = l.run_id AND e.sequence = 1;
  ALTER TABLE aet.run_list
    ADD COLUMN search tsvector GENERATED ALWAYS AS
      (to_tsvector('simple'::regconfig, translate(workflow || ' ' || coalesce(error, ''), '-_./:@#', '       '))) STORED;
  CREATE INDEX run_list_search ON aet.run_list USING gin (search);
  CREATE INDEX run_list_cell ON aet.run_list (cell, submitted_at DESC, run_id DESC);
  CREATE INDEX run_list_submitter ON aet.run_list (submitted_by, submitted_at DESC, run_id DESC);
  CREATE INDEX run_list_priority ON aet.run_list (priority, submitted_at DESC, run_id DESC) WHERE priority <> 'normal';
  CREATE INDEX run_list_lane ON aet.run_list (lane, submitted_at DESC, run_id DESC) WHERE lane IS NOT NULL;
  CREATE INDEX run_list_parent ON aet.run_list (parent_run_id, submitted_at DESC, run_id DESC) WHERE parent_run_id IS NOT NULL;
  CREATE INDEX run_list_schedule ON aet.run_list (schedule, submitted_at DESC, run_id DESC) WHERE schedule IS NOT NULL;
  CREATE INDEX run_list_closed ON aet.run_list (closed_at) WHERE closed_at IS NOT NULL;`;

/** Several rows for each number, so that writers seldom wait for each other's: the number is their sum. */
const COUNTS = `
  CREATE TABLE aet.run_count (
    workflow text NOT NULL,
    status text NOT NULL,
    shard smallint NOT NULL,
    runs bigint NOT NULL,
    PRIMARY KEY (workflow, status, shard)
  ) WITH (fillfactor = 50);
  INSERT INTO aet.run_count (workflow, status, shard, runs)
  SELECT workflow, status, 0, count(*) FROM aet.run_list GROUP BY workflow, status;`;

const UNDO = `
  DROP SCHEMA aet_rebuild CASCADE;
  DROP TABLE aet.run_count, aet.archived_run, aet.archive_segment;
  ALTER TABLE aet.run_head DROP COLUMN archived;
  ALTER TABLE aet.run_list DROP COLUMN search, DROP COLUMN priority, DROP COLUMN cell, DROP COLUMN submitted_by, DROP COLUMN lane,
    DROP COLUMN parent_run_id, DROP COLUMN schedule, DROP COLUMN error, DROP COLUMN closed_at;
  CREATE TABLE aet.run_event_plain (position bigint GENERATED ALWAYS AS IDENTITY, ${EVENT_COLUMNS});
  INSERT INTO aet.run_event_plain (run_id, sequence, type, data, time, prev_hash, hash)
  SELECT run_id, sequence, type, data, time, prev_hash, hash FROM aet.run_event;
  DROP TABLE aet.run_event;
  ALTER TABLE aet.run_event_plain RENAME TO run_event;
  ALTER TABLE aet.run_event ADD PRIMARY KEY (run_id, sequence);
  CREATE UNIQUE INDEX run_event_position ON aet.run_event (position);`;
