import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What waits for a person's decision, across runs. Of a run that ended it stays, not open: a redrive asks the same again. */
export class RunApprovals1764060000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE aet.run_approval (
        run_id text COLLATE "C",
        step text,
        sequence integer NOT NULL,
        requested_at timestamptz(3) NOT NULL,
        text text NOT NULL,
        approvers json,
        expires_at timestamptz(3),
        open boolean NOT NULL,
        PRIMARY KEY (run_id, step)
      );
      CREATE INDEX run_approval_open ON aet.run_approval (requested_at, run_id, step) WHERE open;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE aet.run_approval');
  }
}
