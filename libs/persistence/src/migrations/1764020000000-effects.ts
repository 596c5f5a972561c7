import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Effects outside of AET: claimed before, done after. For databases of others, `sql/effect-ledger.sql` says the same. */
export class Effects1764020000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE aet.effect (
        run_id text COLLATE "C" NOT NULL,
        step text NOT NULL,
        item integer NOT NULL,
        key text NOT NULL,
        attempt integer NOT NULL,
        epoch integer NOT NULL,
        state text NOT NULL,
        claimant text NOT NULL,
        fence integer NOT NULL DEFAULT 1,
        claimed_at timestamptz(3) NOT NULL,
        held_until timestamptz(3) NOT NULL,
        done_at timestamptz(3),
        result json,
        by json,
        resolved_by text,
        PRIMARY KEY (run_id, step, item, key)
      );
      CREATE INDEX effect_claimed ON aet.effect (claimed_at) WHERE state = 'claimed';
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE aet.effect');
  }
}
