import type { Pool, PoolClient } from 'pg';
import { isRolledBack } from '../database-error.js';

const ATTEMPTS = 5;

/** Does `work` in a transaction of its own, again when the server rolled it back for another's sake. Throws what the driver throws. */
export async function inTransaction<T>(pool: Pool, work: (client: PoolClient) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await once(pool, work);
    } catch (error) {
      if (attempt === ATTEMPTS || !isRolledBack(error)) throw error;
    }
  }
}

async function once<T>(pool: Pool, work: (client: PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  // a connection that breaks between two statements must not end the process; the next statement reports it
  const ignore = (): void => undefined;
  client.on('error', ignore);
  let failed: Error | undefined;
  try {
    await client.query('BEGIN ISOLATION LEVEL READ COMMITTED');
    const done = await work(client);
    await client.query('COMMIT');
    return done;
  } catch (error) {
    failed = error as Error;
    throw error;
  } finally {
    client.off('error', ignore);
    client.release(failed); // after an error the connection is not trusted: ending it also rolls back
  }
}
