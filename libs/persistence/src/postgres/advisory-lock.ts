import type { Pool } from 'pg';

/**
 * Does `work` while this process alone has the lock of that name, on a connection of its own. Undefined: another has it.
 * A connection that is lost gives the lock away while the work goes on: what it writes must bear a second one.
 */
export async function withLock<T>(pool: Pool, name: string, work: () => Promise<T>): Promise<{ done: T } | undefined> {
  const client = await pool.connect();
  let lost: Error | undefined;
  const onError = (error: Error): void => {
    lost = error;
  };
  client.on('error', onError);
  try {
    const { rows } = await client.query<{ locked: boolean }>('SELECT pg_try_advisory_lock(hashtextextended($1, 0)) AS locked', [
      `aet ${name}`,
    ]);
    if (rows[0]?.locked !== true) return undefined;
    try {
      return { done: await work() };
    } finally {
      await client.query('SELECT pg_advisory_unlock(hashtextextended($1, 0))', [`aet ${name}`]).catch((error: unknown) => {
        lost = error as Error;
      });
    }
  } finally {
    client.off('error', onError);
    client.release(lost);
  }
}
