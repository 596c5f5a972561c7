import {
  type AttemptRef,
  type CachedCandidates,
  type CachedDetail,
  type CachedDropped,
  type CachedList,
  type CachedResult,
  Conflict,
  type DropCached,
  type FindCached,
  type KeepCached,
  type Kept,
  type ListCached,
  NotFound,
  type TakeCached,
  ValidationFailed,
} from '@aet/contracts';
import type { CacheEntry, ResultCache } from '@aet/persistence';
import { stepOf, taskOf } from '@aet/runs';
import type { Auditor } from './ports.js';
import type { RunStore } from './run-store.js';

/** Figures of the cache as a whole are looked at after so many new results, and then what is too much goes. */
const TIDY_AFTER = 20;

export interface CacheLimits {
  maxBytes: number;
  /** Milliseconds. */
  ttlMs: number;
}
export interface CacheFigures {
  looked(outcome: 'hit' | 'none' | 'candidates'): void;
  holds(figures: { results: number; bytes: number }): void;
  evicted(results: number): void;
}

/** Results that other attempts may take. Only what a run has taken as completed is ever given: the output comes from the run's log, not from a host. */
export class ManageResults {
  private sinceTidied = TIDY_AFTER - 1;

  constructor(
    private readonly cache: ResultCache,
    private readonly store: RunStore,
    private readonly limits: CacheLimits,
    private readonly audit: Auditor,
    private readonly figures: CacheFigures,
  ) {}

  async find({ key, ttlMs = Infinity }: FindCached): Promise<CachedCandidates> {
    const entries = await this.cache.find(key, Math.min(ttlMs, this.limits.ttlMs));
    const believed = await Promise.all(entries.map(async (entry) => ({ entry, believed: await this.isAccepted(key, entry) })));
    const candidates = believed
      .filter((one) => one.believed)
      .map(({ entry: { filesHash, files, from } }) => ({ filesHash, files, from }));
    this.figures.looked(candidates.length === 0 ? 'none' : 'candidates');
    return { candidates };
  }

  async take({ key, filesHash }: TakeCached): Promise<CachedResult> {
    const hit = await this.cache.take({ key, filesHash });
    if (hit !== undefined) this.figures.looked('hit');
    return hit === undefined ? {} : { hit };
  }

  async keep(request: KeepCached): Promise<Kept> {
    await this.cache.keep(request);
    if (++this.sinceTidied >= TIDY_AFTER) await this.tidy();
    return { kept: true };
  }

  async list(query: ListCached): Promise<CachedList> {
    const [{ results }, total] = await Promise.all([this.cache.list(query), this.cache.total()]);
    return { results, total: { ...total, maxBytes: this.limits.maxBytes } };
  }

  async show(prefix: string): Promise<CachedDetail> {
    const [found, other] = await this.cache.show(prefix);
    if (found === undefined) throw new NotFound(`no kept result has a key that begins with ${prefix}: look at \`aet cache ls\``);
    if (other !== undefined && other.key !== found.key) throw new Conflict(`several keys begin with ${prefix}: give more of it`);
    return found;
  }

  async drop({ by = 'unknown', reason, key, capability, workflow, olderThanMs }: DropCached): Promise<CachedDropped> {
    const which = {
      ...(key === undefined ? {} : { key }),
      ...(capability === undefined ? {} : { capability }),
      ...(workflow === undefined ? {} : { workflow }),
      ...(olderThanMs === undefined ? {} : { olderThanMs }),
    };
    if (Object.keys(which).length === 0) {
      const message = 'say which results are meant: a key, a capability, a workflow, or an age (0: all)';
      throw new ValidationFailed(message, [{ path: 'olderThanMs', rule: 'oneOf', message }]);
    }
    await this.audit.record('cache.dropped', { by, ...which, ...(reason === undefined ? {} : { reason }) });
    return { dropped: await this.cache.drop(which) };
  }

  /** The host says that it has completed an attempt before the run has its result; what the run made of it is found here. */
  private async isAccepted(key: string, { accepted, ref, filesHash }: CacheEntry): Promise<boolean> {
    if (accepted) return true;
    const end = await this.endOf(ref);
    if (end === 'open') return false;
    if (end === 'none') await this.cache.refuse({ key, filesHash }, ref);
    else await this.cache.accept({ key, filesHash }, ref, end.output);
    return end !== 'none';
  }

  private async endOf({ runId, step: name, item, attempt }: AttemptRef): Promise<'open' | 'none' | { output: unknown }> {
    const state = await this.store.current(runId);
    const step = state === undefined ? undefined : stepOf(state, name);
    const task = step === undefined ? undefined : taskOf(step, item);
    if (task === undefined || task.attempt !== attempt) return 'none';
    if (task.status === 'running') return 'open';
    return task.status === 'completed' && task.cached === undefined ? { output: task.output } : 'none';
  }

  private async tidy(): Promise<void> {
    this.sinceTidied = 0;
    this.figures.evicted(await this.cache.evict(this.limits.maxBytes, this.limits.ttlMs));
    this.figures.holds(await this.cache.total());
  }
}
