import type { AetConfig } from '@aet/config';
import pg from 'pg';
import { connectionOf } from './connection.js';

export interface PoolOptions {
  /** Shown in `pg_stat_activity`. */
  application?: string;
  /** A connection that was lost while idle; the next query makes a new one. */
  onLost?: (error: Error) => void;
}

/**
 * A pool that outlives its database: lost connections are dropped and made anew on demand. Connects at the first query.
 * @throws {SecretFileRefused} {DatabaseRefused} at once, when password or URL file cannot be used
 */
export function createPool(database: AetConfig['database'], options: PoolOptions = {}): pg.Pool {
  const { password, ...connection } = connectionOf(database, options.application);
  const pool = new pg.Pool({
    ...connection,
    ...(password === undefined ? {} : { password }),
    max: database.poolSize,
    idleTimeoutMillis: 30_000,
  });
  // without a listener, node ends the process when an idle connection breaks
  pool.on('error', (error) => options.onLost?.(error));
  return pool;
}
