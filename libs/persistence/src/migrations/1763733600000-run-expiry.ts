import type { MigrationInterface, QueryRunner } from 'typeorm';

/** When runs are over their workflow's timeout: they are found without a look at all that run. */
export class RunExpiry1763733600000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE aet.run_list ADD COLUMN timeout_ms bigint, ADD COLUMN expires_at timestamptz(3);
      CREATE INDEX run_list_expires ON aet.run_list (expires_at) WHERE expires_at IS NOT NULL;

      UPDATE aet.run_list l SET timeout_ms = t.ms,
        expires_at = CASE WHEN l.status = 'running' THEN l.submitted_at + t.ms * interval '1 millisecond' END
      FROM (
        SELECT run_id, substring(timeout FROM '^[0-9]+')::bigint *
          CASE substring(timeout FROM '[a-z]+$') WHEN 'ms' THEN 1 WHEN 's' THEN 1000 WHEN 'm' THEN 60000 ELSE 3600000 END AS ms
        FROM (SELECT run_id, data->'workflow'->>'timeout' AS timeout FROM aet.run_event WHERE sequence = 1) submits
        WHERE timeout IS NOT NULL
      ) t WHERE t.run_id = l.run_id;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE aet.run_list DROP COLUMN timeout_ms, DROP COLUMN expires_at');
  }
}
