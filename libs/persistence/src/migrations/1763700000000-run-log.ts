import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The record of runs and the projections that change with it. Columns are explained where they are written: `postgres/append-statements.ts`.
 * Ids are compared by bytes (`COLLATE "C"`), as JavaScript orders them: locks are taken in that order.
 */
export class RunLog1763700000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE aet.run_head (
        run_id text COLLATE "C" PRIMARY KEY,
        sequence integer NOT NULL,
        hash bytea NOT NULL,
        epoch integer NOT NULL,
        owner text NOT NULL,
        relaxed boolean NOT NULL,
        told integer NOT NULL DEFAULT 0,
        updated_at timestamptz NOT NULL
      ) WITH (fillfactor = 70);
      CREATE INDEX run_head_behind ON aet.run_head (updated_at) WHERE told < sequence;

      CREATE TABLE aet.run_event (
        run_id text COLLATE "C" NOT NULL,
        sequence integer NOT NULL,
        position bigint GENERATED ALWAYS AS IDENTITY,
        type text NOT NULL,
        data json NOT NULL,
        time timestamptz(3) NOT NULL,
        prev_hash bytea NOT NULL,
        hash bytea NOT NULL,
        PRIMARY KEY (run_id, sequence)
      );
      CREATE UNIQUE INDEX run_event_position ON aet.run_event (position);

      CREATE TABLE aet.run_dispatch (
        run_id text COLLATE "C" NOT NULL,
        step text NOT NULL,
        item integer NOT NULL,
        attempt integer NOT NULL,
        event_sequence integer NOT NULL,
        capability text NOT NULL,
        priority text NOT NULL,
        not_before bigint NOT NULL,
        scheduled_at bigint NOT NULL,
        due_at bigint NOT NULL,
        redispatches integer NOT NULL DEFAULT 0,
        stream_sequence bigint,
        published_at bigint,
        PRIMARY KEY (run_id, step, item, attempt)
      ) WITH (fillfactor = 70);
      CREATE INDEX run_dispatch_unpublished ON aet.run_dispatch (due_at) WHERE published_at IS NULL;
      CREATE INDEX run_dispatch_published ON aet.run_dispatch (published_at) WHERE published_at IS NOT NULL;

      CREATE TABLE aet.run_list (
        run_id text COLLATE "C" PRIMARY KEY,
        submitted_at timestamptz(3) NOT NULL,
        status text NOT NULL,
        workflow text NOT NULL,
        key_sha256 bytea,
        summary json NOT NULL
      ) WITH (fillfactor = 70);
      CREATE UNIQUE INDEX run_list_key ON aet.run_list (key_sha256) WHERE key_sha256 IS NOT NULL;
      CREATE INDEX run_list_newest ON aet.run_list (submitted_at DESC, run_id DESC);
      CREATE INDEX run_list_status ON aet.run_list (status, submitted_at DESC, run_id DESC);
      CREATE INDEX run_list_workflow ON aet.run_list (workflow, submitted_at DESC, run_id DESC);
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE aet.run_list, aet.run_dispatch, aet.run_event, aet.run_head');
  }
}
