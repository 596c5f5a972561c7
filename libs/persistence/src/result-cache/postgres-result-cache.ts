import type { AttemptRef, CachedDetail, CachedFrom, CachedView, KeepCached, ListCached } from '@aet/contracts';
import type { Pool } from 'pg';
import { databaseError } from '../database-error.js';
import { columnText } from '../postgres/column-text.js';
import { filesHashOf } from './files-hash.js';
import { type CacheEntry, type CachePlace, ResultCache } from './result-cache.js';
import { type CacheRow, detailOf, entryOf, fromOf, viewOf } from './result-row.js';

const PAGE = 50;
/** Of one key; more would mean that its files change all the time. */
const CANDIDATES = 20;
/** What a row takes beside its output. */
const ROW_BYTES = 512;

const COLUMNS = `encode(key, 'hex') AS key, encode(files_hash, 'hex') AS files_hash, files, capability, workflow, agent, agent_version,
  run_id, step, item, attempt, accepted, bytes, usage, duration_ms, created_at, used_at, hits`;
const PLACE = `key = decode($1, 'hex') AND files_hash = decode($2, 'hex')`;
const OF_ATTEMPT = '(run_id, step, item, attempt) = ($3, $4, $5, $6)';

const KEEP = `INSERT INTO aet.result_cache (key, files_hash, files, capability, workflow, agent, agent_version,
    run_id, step, item, attempt, accepted, bytes, usage, duration_ms, created_at, used_at)
  VALUES (decode($1, 'hex'), decode($2, 'hex'), $7::json, $8, $9, $10, $11, $3, $4, $5, $6, false, $12, $13::json, $14, now(), now())
  ON CONFLICT (key, files_hash) DO UPDATE SET files = excluded.files, capability = excluded.capability, workflow = excluded.workflow,
    agent = excluded.agent, agent_version = excluded.agent_version, run_id = excluded.run_id, step = excluded.step,
    item = excluded.item, attempt = excluded.attempt, accepted = false, output = NULL, bytes = excluded.bytes,
    usage = excluded.usage, duration_ms = excluded.duration_ms, created_at = excluded.created_at, used_at = excluded.used_at`;

/** The order by use, with what is kept up to each row: what lies beyond the limit goes. */
const EVICT = `DELETE FROM aet.result_cache c USING (
    SELECT key, files_hash, sum(bytes) OVER (ORDER BY used_at DESC, key, files_hash) AS kept FROM aet.result_cache) o
  WHERE (c.key, c.files_hash) = (o.key, o.files_hash)
    AND (o.kept > $1 OR c.created_at < now() - $2 * interval '1 millisecond')`;

export class PostgresResultCache extends ResultCache {
  constructor(private readonly pool: Pool) {
    super();
  }

  override async find(key: string, ttlMs: number): Promise<CacheEntry[]> {
    const sql = `SELECT ${COLUMNS} FROM aet.result_cache WHERE key = decode($1, 'hex')
      AND created_at >= now() - $2 * interval '1 millisecond' ORDER BY created_at DESC LIMIT ${CANDIDATES}`;
    return (await this.rows<CacheRow>(sql, [key, ttlMs])).map(entryOf);
  }

  override async take({ key, filesHash }: CachePlace): Promise<{ output: unknown; from: CachedFrom } | undefined> {
    const sql = `UPDATE aet.result_cache SET hits = hits + 1, used_at = now() WHERE ${PLACE} AND accepted RETURNING ${COLUMNS}, output`;
    const [row] = await this.rows<CacheRow & { output: unknown }>(sql, [key, filesHash]);
    return row === undefined ? undefined : { output: row.output, from: fromOf(row) };
  }

  override async keep(result: KeepCached): Promise<void> {
    const files = JSON.stringify(result.files);
    const { capability, workflow, agent, agentVersion, usage, durationMs } = result;
    await this.rows(KEEP, [
      ...placeValues({ key: result.key, filesHash: filesHashOf(result.files) }, result),
      files,
      ...[capability, workflow, agent, agentVersion].map(columnText),
      ROW_BYTES + files.length,
      usage === undefined ? null : JSON.stringify(usage),
      durationMs,
    ]);
  }

  override async accept(place: CachePlace, ref: AttemptRef, output: unknown): Promise<void> {
    const text = JSON.stringify(output ?? null);
    const sql = `UPDATE aet.result_cache SET accepted = true, output = $7::json, bytes = bytes + $8
      WHERE ${PLACE} AND ${OF_ATTEMPT} AND NOT accepted`;
    await this.rows(sql, [...placeValues(place, ref), text, Buffer.byteLength(text)]);
  }

  override async refuse(place: CachePlace, ref: AttemptRef): Promise<void> {
    await this.rows(`DELETE FROM aet.result_cache WHERE ${PLACE} AND ${OF_ATTEMPT} AND NOT accepted`, placeValues(place, ref));
  }

  override async list({ capability, workflow, limit = PAGE }: ListCached): Promise<{ results: CachedView[] }> {
    const where = new Where();
    if (capability !== undefined) where.and((bind) => `capability = ${bind(columnText(capability))}`);
    if (workflow !== undefined) where.and((bind) => `workflow = ${bind(columnText(workflow))}`);
    const sql = `SELECT ${COLUMNS} FROM aet.result_cache ${where.clause} ORDER BY used_at DESC, key LIMIT ${where.bind(limit)}`;
    return { results: (await this.rows<CacheRow>(sql, where.values)).map(viewOf) };
  }

  override async total(): Promise<{ results: number; bytes: number }> {
    const sql = 'SELECT count(*)::float8 AS results, coalesce(sum(bytes), 0)::float8 AS bytes FROM aet.result_cache';
    return (await this.rows<{ results: number; bytes: number }>(sql, []))[0] ?? { results: 0, bytes: 0 };
  }

  override async show(keyPrefix: string): Promise<CachedDetail[]> {
    const sql = `SELECT ${COLUMNS}, output FROM aet.result_cache WHERE encode(key, 'hex') LIKE $1 || '%' ORDER BY created_at DESC LIMIT 2`;
    return (await this.rows<CacheRow & { output: unknown }>(sql, [keyPrefix])).map(detailOf);
  }

  override async drop({ key, capability, workflow, olderThanMs }: Parameters<ResultCache['drop']>[0]): Promise<number> {
    const where = new Where();
    if (key !== undefined) where.and((bind) => `encode(key, 'hex') LIKE ${bind(key)} || '%'`);
    if (capability !== undefined) where.and((bind) => `capability = ${bind(columnText(capability))}`);
    if (workflow !== undefined) where.and((bind) => `workflow = ${bind(columnText(workflow))}`);
    if (olderThanMs !== undefined) where.and((bind) => `created_at <= now() - ${bind(olderThanMs)} * interval '1 millisecond'`);
    return this.changed(`DELETE FROM aet.result_cache ${where.clause}`, where.values);
  }

  override evict(maxBytes: number, ttlMs: number): Promise<number> {
    return this.changed(EVICT, [maxBytes, ttlMs]);
  }

  private async rows<R extends object>(sql: string, values: unknown[]): Promise<R[]> {
    return (await this.query<R>(sql, values)).rows;
  }
  private async changed(sql: string, values: unknown[]): Promise<number> {
    return (await this.query(sql, values)).rowCount ?? 0;
  }
  private async query<R extends object>(sql: string, values: unknown[]) {
    try {
      return await this.pool.query<R>(sql, values);
    } catch (error) {
      throw databaseError(error, 'using the cache of results');
    }
  }
}

/** Conditions with their values. */
class Where {
  readonly values: unknown[] = [];
  private readonly conditions: string[] = [];

  readonly bind = (value: unknown): string => `$${this.values.push(value)}`;

  and(condition: (bind: (value: unknown) => string) => string): void {
    this.conditions.push(condition(this.bind));
  }
  get clause(): string {
    return this.conditions.length === 0 ? '' : `WHERE ${this.conditions.join(' AND ')}`;
  }
}

const placeValues = ({ key, filesHash }: CachePlace, { runId, step, item, attempt }: AttemptRef): unknown[] => [
  key,
  filesHash,
  columnText(runId),
  columnText(step),
  item ?? -1,
  attempt,
];
