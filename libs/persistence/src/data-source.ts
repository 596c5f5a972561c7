import 'reflect-metadata';
import type { AetConfig } from '@aet/config';
import { DataSource, type EntitySchema, type MigrationInterface } from 'typeorm';
import { connectionOf } from './connection.js';
import { databaseError } from './database-error.js';

export interface DataSourceParts {
  /** Schema that holds the tables and the table of migrations; one for each owner. */
  schema: string;
  migrations: readonly (new () => MigrationInterface)[];
  entities?: readonly (EntitySchema | (new () => object))[];
  application?: string;
  onLost?: (error: Error) => void;
}

/** A data source that is not yet connected: see `runMigrations`. @throws {SecretFileRefused} {DatabaseRefused} when password or URL file cannot be used */
export function createDataSource(database: AetConfig['database'], parts: DataSourceParts): DataSource {
  const connection = connectionOf(database, parts.application);
  return new DataSource({
    type: 'postgres',
    host: connection.host,
    port: connection.port,
    database: connection.database,
    username: connection.user,
    ...(connection.password === undefined ? {} : { password: connection.password }),
    ssl: connection.ssl,
    applicationName: connection.application_name,
    connectTimeoutMS: connection.connectionTimeoutMillis,
    poolSize: database.poolSize,
    schema: parts.schema,
    migrationsTableName: 'schema_migration',
    migrations: [...parts.migrations],
    entities: [...(parts.entities ?? [])],
    synchronize: false,
    poolErrorHandler: (error: Error) => parts.onLost?.(error),
    extra: { query_timeout: connection.query_timeout, keepAlive: connection.keepAlive },
  });
}

/**
 * Connects when needed, makes the schema and runs what is pending. Replicas may call it together: one works, the others wait.
 * @returns names of the migrations that this call ran
 */
export async function runMigrations(dataSource: DataSource): Promise<string[]> {
  const schema = (dataSource.options as { schema?: string }).schema ?? 'public';
  try {
    if (!dataSource.isInitialized) await dataSource.initialize();
    const guard = dataSource.createQueryRunner();
    try {
      await guard.query('SELECT pg_advisory_lock(hashtextextended($1, 0))', [`aet migrations of ${schema}`]);
      await guard.query(`CREATE SCHEMA IF NOT EXISTS "${schema}"`);
      const ran = await dataSource.runMigrations({ transaction: 'each' });
      return ran.map((migration) => migration.name);
    } finally {
      await unlock(guard, schema);
    }
  } catch (error) {
    throw databaseError(driverError(error), `migrating schema ${schema}`);
  }
}

async function unlock(guard: ReturnType<DataSource['createQueryRunner']>, schema: string): Promise<void> {
  // when the connection is lost the lock went with it
  await guard.query('SELECT pg_advisory_unlock(hashtextextended($1, 0))', [`aet migrations of ${schema}`]).catch(() => undefined);
  await guard.release();
}

/** typeorm wraps what the driver threw. */
const driverError = (error: unknown): unknown => (error as { driverError?: unknown }).driverError ?? error;
