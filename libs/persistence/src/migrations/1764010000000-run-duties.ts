import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What is still to be done for runs: their next moment, their sub-runs, tasks in the stream that are to change their priority, or to go. */
export class RunDuties1764010000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE aet.run_timer (
        run_id text COLLATE "C" PRIMARY KEY,
        due_at bigint NOT NULL,
        sequence integer NOT NULL
      ) WITH (fillfactor = 70);
      CREATE INDEX run_timer_due ON aet.run_timer (due_at);

      CREATE TABLE aet.run_child (
        child_run_id text COLLATE "C" PRIMARY KEY,
        run_id text COLLATE "C" NOT NULL,
        step text NOT NULL,
        item integer NOT NULL,
        attempt integer NOT NULL,
        event_sequence integer NOT NULL,
        not_before bigint NOT NULL,
        priority text NOT NULL,
        told_priority text NOT NULL,
        unwanted boolean NOT NULL DEFAULT false
      ) WITH (fillfactor = 70);
      CREATE INDEX run_child_parent ON aet.run_child (run_id);

      CREATE TABLE aet.task_withdrawal (
        stream_sequence bigint PRIMARY KEY,
        capability text NOT NULL,
        priority text NOT NULL
      );

      ALTER TABLE aet.run_dispatch ADD COLUMN published_as text;
      UPDATE aet.run_dispatch SET published_as = priority WHERE published_at IS NOT NULL;
      CREATE INDEX run_dispatch_misplaced ON aet.run_dispatch (run_id) WHERE published_as <> priority;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE aet.run_dispatch DROP COLUMN published_as;
      DROP TABLE aet.task_withdrawal, aet.run_child, aet.run_timer;
    `);
  }
}
