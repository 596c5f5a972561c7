import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Model requests that wait, or lie with a provider, in a batch. `single_at`: from then on the request is made by itself. */
export class Batches1764020200000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE aet.batch (
        id text COLLATE "C" PRIMARY KEY,
        provider text NOT NULL,
        state text NOT NULL,
        provider_batch text,
        not_ours text[] NOT NULL DEFAULT '{}',
        requests integer NOT NULL,
        bytes bigint NOT NULL,
        lease text,
        leased_until timestamptz(3),
        due_at timestamptz(3) NOT NULL,
        created_at timestamptz(3) NOT NULL,
        submitting_at timestamptz(3),
        submitted_at timestamptz(3),
        ended_at timestamptz(3),
        message text
      );
      CREATE UNIQUE INDEX batch_of_provider ON aet.batch (provider, provider_batch) WHERE provider_batch IS NOT NULL;
      CREATE INDEX batch_due ON aet.batch (provider, due_at) WHERE state <> 'ended';

      CREATE TABLE aet.batch_request (
        id text COLLATE "C" PRIMARY KEY,
        provider text NOT NULL,
        run_id text COLLATE "C" NOT NULL,
        step text NOT NULL,
        item integer NOT NULL,
        attempt integer NOT NULL,
        epoch integer NOT NULL,
        agent text NOT NULL,
        request json,
        bytes integer NOT NULL,
        deadline timestamptz(3) NOT NULL,
        single_at timestamptz(3) NOT NULL,
        added_at timestamptz(3) NOT NULL,
        state text NOT NULL,
        batch_id text COLLATE "C",
        message text
      );
      CREATE UNIQUE INDEX batch_request_attempt ON aet.batch_request (run_id, step, item, attempt);
      CREATE INDEX batch_request_waiting ON aet.batch_request (provider, deadline) WHERE state = 'waiting';
      CREATE INDEX batch_request_of ON aet.batch_request (batch_id, id) WHERE batch_id IS NOT NULL;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE aet.batch_request, aet.batch');
  }
}
