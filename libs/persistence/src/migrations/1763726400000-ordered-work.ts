import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Tasks that run one after the other for each key: their order, and whose turn it is. */
export class OrderedWork1763726400000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE SEQUENCE aet.run_dispatch_order;
      ALTER TABLE aet.run_dispatch ADD COLUMN order_key text COLLATE "C", ADD COLUMN order_position bigint;
      CREATE INDEX run_dispatch_ordered ON aet.run_dispatch (capability, order_key, order_position) WHERE order_key IS NOT NULL;

      CREATE TABLE aet.order_turn (
        capability text NOT NULL,
        order_key text COLLATE "C" NOT NULL,
        run_id text COLLATE "C" NOT NULL,
        step text NOT NULL,
        item integer NOT NULL,
        PRIMARY KEY (capability, order_key)
      );
      CREATE UNIQUE INDEX order_turn_task ON aet.order_turn (run_id, step, item);
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP TABLE aet.order_turn;
      ALTER TABLE aet.run_dispatch DROP COLUMN order_key, DROP COLUMN order_position;
      DROP SEQUENCE aet.run_dispatch_order;
    `);
  }
}
