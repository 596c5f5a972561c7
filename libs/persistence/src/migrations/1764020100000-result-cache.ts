import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Results of completed attempts that others may take. A row is believed (`accepted`) once the run's log has the result. */
export class ResultCache1764020100000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE aet.result_cache (
        key bytea NOT NULL,
        files_hash bytea NOT NULL,
        files json NOT NULL,
        capability text NOT NULL,
        workflow text NOT NULL,
        agent text NOT NULL,
        agent_version text NOT NULL,
        run_id text COLLATE "C" NOT NULL,
        step text NOT NULL,
        item integer NOT NULL,
        attempt integer NOT NULL,
        accepted boolean NOT NULL,
        output json,
        bytes bigint NOT NULL,
        usage json,
        duration_ms bigint NOT NULL,
        created_at timestamptz(3) NOT NULL,
        used_at timestamptz(3) NOT NULL,
        hits integer NOT NULL DEFAULT 0,
        PRIMARY KEY (key, files_hash)
      );
      CREATE INDEX result_cache_used ON aet.result_cache (used_at DESC);
      CREATE INDEX result_cache_created ON aet.result_cache (created_at);
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE aet.result_cache');
  }
}
