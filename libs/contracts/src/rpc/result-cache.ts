import { IsInt, IsNotEmpty, IsObject, IsOptional, IsString, Matches, Max, MaxLength, Min } from 'class-validator';
import { ServiceName } from '../service-name.js';
import type { CachedFrom, Usage } from '../task.js';
import { IDEMPOTENT, rpcMethod } from './method.js';
import { ByOperator } from './by-operator.js';
import { AttemptQuery } from './orchestrator.js';

/** SHA-256, hex. */
export const CONTENT_HASH = /^[0-9a-f]{64}$/;

/** Files by path, with the SHA-256 of their content; null: there was none. */
export type FileHashes = Record<string, string | null>;

class OfKey {
  /** SHA-256, hex, over capability, input or the step's own key, agent with its version, and the files that the step names. */
  @Matches(CONTENT_HASH, { message: 'key must be a SHA-256 in hex' })
  key!: string;
}
export class FindCached extends OfKey {
  /** Older ones are not meant. Milliseconds. */
  @IsOptional()
  @IsInt()
  @Min(0)
  ttlMs?: number;
}
export interface CachedCandidate {
  /** Tells the candidates of one key apart. */
  filesHash: string;
  /** Read while it was made: it counts as long as they are the same. */
  files: FileHashes;
  from: CachedFrom;
}
export interface CachedCandidates {
  /** Newest first. */
  candidates: CachedCandidate[];
}

export class TakeCached extends OfKey {
  @Matches(CONTENT_HASH, { message: 'filesHash must be a SHA-256 in hex' })
  filesHash!: string;
}
export interface CachedResult {
  /** Absent: it went meanwhile. */
  hit?: { output: unknown; from: CachedFrom };
}

/** The output itself is taken from the run's log, when it has the result. */
export class KeepCached extends AttemptQuery {
  @Matches(CONTENT_HASH, { message: 'key must be a SHA-256 in hex' })
  key!: string;

  @IsString()
  @MaxLength(64)
  capability!: string;

  @IsString()
  @MaxLength(64)
  workflow!: string;

  @IsString()
  @MaxLength(64)
  agent!: string;

  @IsString()
  @MaxLength(100)
  agentVersion!: string;

  @IsObject()
  files!: FileHashes;

  @IsInt()
  @Min(0)
  durationMs!: number;

  @IsOptional()
  @IsObject()
  usage?: Usage;
}
export interface Kept {
  kept: boolean;
}

export class ListCached {
  @IsOptional()
  @IsString()
  @MaxLength(64)
  capability?: string;

  @IsOptional()
  @IsString()
  @MaxLength(64)
  workflow?: string;

  /** 1 to 500; default 50. */
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(500)
  limit?: number;
}
export interface CachedView {
  key: string;
  filesHash: string;
  capability: string;
  workflow: string;
  agent: string;
  agentVersion: string;
  from: CachedFrom;
  bytes: number;
  hits: number;
  usedAt: string;
  /** What making it took. */
  durationMs: number;
  usage?: Usage;
}
export interface CachedList {
  /** Last used first. */
  results: CachedView[];
  total: { results: number; bytes: number; maxBytes: number };
}
/** The beginning of a key is enough when it names one. */
export class ShowCached {
  @Matches(/^[0-9a-f]{6,64}$/, { message: 'key must be at least the first six digits of a key, as the list shows it' })
  key!: string;
}
export interface CachedDetail extends CachedView {
  files: FileHashes;
  /** Absent until the run's log has the result. */
  output?: unknown;
}

/** Give at least one of the first four. */
export class DropCached extends ByOperator {
  @IsOptional()
  @Matches(/^[0-9a-f]{6,64}$/, { message: 'key must be at least the first six digits of a key, as the list shows it' })
  key?: string;

  @IsOptional()
  @IsString()
  @IsNotEmpty()
  @MaxLength(64)
  capability?: string;

  @IsOptional()
  @IsString()
  @IsNotEmpty()
  @MaxLength(64)
  workflow?: string;

  /** Made longer ago than this. Milliseconds; 0: all. */
  @IsOptional()
  @IsInt()
  @Min(0)
  olderThanMs?: number;
}
export interface CachedDropped {
  dropped: number;
}

export const CacheRpc = {
  find: rpcMethod<CachedCandidates>()(
    ServiceName.Orchestrator,
    'cache-find',
    FindCached,
    'Results of earlier attempts that may be taken, with the files that they rest on.',
    IDEMPOTENT,
  ),
  take: rpcMethod<CachedResult>()(
    ServiceName.Orchestrator,
    'cache-take',
    TakeCached,
    'A result of an earlier attempt.',
    IDEMPOTENT,
  ),
  keep: rpcMethod<Kept>()(
    ServiceName.Orchestrator,
    'cache-put',
    KeepCached,
    'Keeps the result of a completed attempt for others; it is given when the run has taken it.',
    IDEMPOTENT,
  ),
  ls: rpcMethod<CachedList>()(ServiceName.Orchestrator, 'cache-ls', ListCached, 'Kept results, last used first.', IDEMPOTENT),
  show: rpcMethod<CachedDetail>()(
    ServiceName.Orchestrator,
    'cache-show',
    ShowCached,
    'A kept result with its files.',
    IDEMPOTENT,
  ),
  drop: rpcMethod<CachedDropped>()(ServiceName.Orchestrator, 'cache-drop', DropCached, 'Forgets kept results.', IDEMPOTENT),
} as const;
