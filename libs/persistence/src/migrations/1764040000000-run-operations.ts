import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Runs that begin by themselves, and the parts of runs that are being imported, until the last part came. */
export class RunOperations1764040000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE aet.schedule (
        name text COLLATE "C" PRIMARY KEY,
        definition json NOT NULL,
        revision bigint NOT NULL DEFAULT 1,
        next_at timestamptz(3),
        paused json,
        last json,
        updated_by text NOT NULL,
        updated_at timestamptz(3) NOT NULL
      );
      CREATE INDEX schedule_due ON aet.schedule (next_at) WHERE next_at IS NOT NULL;

      CREATE TABLE aet.run_import_part (
        import_id text COLLATE "C" NOT NULL,
        part integer NOT NULL,
        content text NOT NULL,
        received_at timestamptz(3) NOT NULL,
        PRIMARY KEY (import_id, part)
      );
      CREATE INDEX run_import_part_received ON aet.run_import_part (received_at);
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE aet.run_import_part; DROP TABLE aet.schedule');
  }
}
