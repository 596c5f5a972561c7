import type { CachedDetail, CachedFrom, CachedView, FileHashes, Usage } from '@aet/contracts';
import type { CacheEntry } from './result-cache.js';

/** A row of `aet.result_cache`, without its output. `bigint` comes as text. */
export interface CacheRow {
  key: string;
  files_hash: string;
  files: FileHashes;
  capability: string;
  workflow: string;
  agent: string;
  agent_version: string;
  run_id: string;
  step: string;
  item: number;
  attempt: number;
  accepted: boolean;
  bytes: string;
  usage: Usage | null;
  duration_ms: string;
  created_at: Date;
  used_at: Date;
  hits: number;
}

export const fromOf = (row: CacheRow): CachedFrom => ({
  runId: row.run_id,
  step: row.step,
  at: row.created_at.toISOString(),
});

export const entryOf = (row: CacheRow): CacheEntry => ({
  filesHash: row.files_hash,
  files: row.files,
  from: fromOf(row),
  accepted: row.accepted,
  ref: { runId: row.run_id, step: row.step, ...(row.item < 0 ? {} : { item: row.item }), attempt: row.attempt },
});

export const viewOf = (row: CacheRow): CachedView => ({
  key: row.key,
  filesHash: row.files_hash,
  capability: row.capability,
  workflow: row.workflow,
  agent: row.agent,
  agentVersion: row.agent_version,
  from: fromOf(row),
  bytes: Number(row.bytes),
  hits: row.hits,
  usedAt: row.used_at.toISOString(),
  durationMs: Number(row.duration_ms),
  ...(row.usage === null ? {} : { usage: row.usage }),
});

export const detailOf = (row: CacheRow & { output: unknown }): CachedDetail => ({
  ...viewOf(row),
  files: row.files,
  ...(row.accepted ? { output: row.output } : {}),
});
