import type {
  AttemptRef,
  CachedCandidate,
  CachedDetail,
  CachedFrom,
  CachedList,
  DropCached,
  KeepCached,
  ListCached,
} from '@aet/contracts';

/** A candidate, and the attempt from whose log its output comes; `accepted`: it has come. */
export interface CacheEntry extends CachedCandidate {
  accepted: boolean;
  ref: AttemptRef;
}

/** What is meant: a key, and one of its candidates. SHA-256, hex. */
export interface CachePlace {
  key: string;
  filesHash: string;
}

/** Results of completed attempts, by content. Losing any of them costs work, and nothing else. */
export abstract class ResultCache {
  /** Those of a key that are not older, newest first. */
  abstract find(key: string, ttlMs: number): Promise<CacheEntry[]>;
  /** One whose output is here; counts as used. */
  abstract take(place: CachePlace): Promise<{ output: unknown; from: CachedFrom } | undefined>;
  /** Not believed before it is accepted. */
  abstract keep(result: KeepCached): Promise<void>;
  /** The run's log has the result. Changes nothing when another attempt's result took the place meanwhile. */
  abstract accept(place: CachePlace, ref: AttemptRef, output: unknown): Promise<void>;
  /** The run has refused it, or is unknown. */
  abstract refuse(place: CachePlace, ref: AttemptRef): Promise<void>;

  abstract list(query: ListCached): Promise<Omit<CachedList, 'total'>>;
  abstract total(): Promise<{ results: number; bytes: number }>;
  /** Those whose key begins so, two at most. */
  abstract show(keyPrefix: string): Promise<CachedDetail[]>;
  abstract drop(which: Pick<DropCached, 'key' | 'capability' | 'workflow' | 'olderThanMs'>): Promise<number>;
  /** Removes what was used longest ago until the rest fits, and what is too old. */
  abstract evict(maxBytes: number, ttlMs: number): Promise<number>;
}
