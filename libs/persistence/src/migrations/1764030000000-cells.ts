import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Runs that changed their cell, and how far the copies of other cells' events were looked at. */
export class Cells1764030000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE aet.run_adoption (
        run_id text COLLATE "C" NOT NULL,
        epoch integer NOT NULL,
        from_cell text NOT NULL,
        to_cell text NOT NULL,
        sequence integer NOT NULL,
        divergent integer NOT NULL DEFAULT 0,
        noticed_at timestamptz(3) NOT NULL,
        PRIMARY KEY (run_id, epoch)
      );
      CREATE INDEX run_adoption_conflict ON aet.run_adoption (noticed_at DESC, run_id) WHERE divergent > 0;

      CREATE TABLE aet.cell_seen (
        cell text PRIMARY KEY,
        sequence bigint NOT NULL
      );
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE aet.cell_seen, aet.run_adoption');
  }
}
