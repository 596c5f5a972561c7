import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Which runs' events refer to which large values, and up to where each run's events were looked at for it. Filled from the log afterwards, never by an
 * append: what another version of AET writes is seen as well. Without these rows nothing is removed until all was looked at again.
 */
export class PayloadUses1764070000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE aet.payload_use (
        sha256 bytea NOT NULL,
        run_id text COLLATE "C" NOT NULL,
        PRIMARY KEY (sha256, run_id)
      );
      CREATE TABLE aet.payload_look (
        run_id text COLLATE "C" PRIMARY KEY,
        sequence integer NOT NULL
      ) WITH (fillfactor = 70);
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE aet.payload_look, aet.payload_use');
  }
}
