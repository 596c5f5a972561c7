import type { AetConfig } from '@aet/config';
import { pause } from '@aet/resilience';
import pg from 'pg';
import { connectionOf } from '../connection.js';
import { databaseError, isConnectionLoss, sqlState } from '../database-error.js';

export interface ReadyOptions {
  /** Default 30 000: a recovery after a crash takes its time. */
  timeoutMs?: number;
  /** Stop waiting, for example because the server's process ended. */
  signal?: AbortSignal;
}

/**
 * Resolves when the server takes connections with this password and has the database, which is made when it is missing.
 * @throws {Unavailable} after the time; {DatabaseRefused} at once when the server is there and does not let us in
 */
export async function waitUntilReady(database: AetConfig['database'], options: ReadyOptions = {}): Promise<void> {
  const until = performance.now() + (options.timeoutMs ?? 30_000);
  for (;;) {
    try {
      return await ensureDatabase(database);
    } catch (error) {
      const over = performance.now() >= until || options.signal?.aborted === true;
      if (over || !isConnectionLoss(error)) throw databaseError(error, `waiting for ${database.host}:${database.port}`);
      await pause(40, options.signal);
    }
  }
}

async function ensureDatabase(database: AetConfig['database']): Promise<void> {
  const { password, database: name, ...connection } = connectionOf(database, 'aet readiness');
  const client = new pg.Client({ ...connection, database: 'postgres', ...(password === undefined ? {} : { password }) });
  client.on('error', () => undefined); // the statement at hand reports it
  try {
    await client.connect();
    const { rowCount } = await client.query('SELECT FROM pg_database WHERE datname = $1', [name]);
    if (rowCount === 0) await client.query(`CREATE DATABASE ${client.escapeIdentifier(name)}`).catch(unlessExists);
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** 42P04: another start made it meanwhile. */
function unlessExists(error: unknown): void {
  if (sqlState(error) !== '42P04') throw error;
}
