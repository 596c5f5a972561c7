import {
  AetError,
  type RunEvent,
  RunEventType,
  StaleOwner,
  type StoredRunEvent,
  Unavailable,
  UnsupportedVersion,
} from '@aet/contracts';
import type { RunLog } from '@aet/persistence';
import { LRUCache } from 'lru-cache';
import { foldAll, jsonBytes, type RunState } from '@aet/runs';
import type { RunMetrics } from './ports.js';

/** What should be appended to a run, as seen from one state. */
export interface Plan {
  events: readonly RunEvent[];
  /** False: it rests on what the state lacks, so an old state must be read anew before it is believed. */
  certain: boolean;
}

/** Of all cached states together, by the size of the events that made them. */
const CACHE_BYTES = 64 * 1024 * 1024;
/** What an event and its state take beside their data. */
const ENVELOPE_BYTES = 300;

interface Known {
  state: RunState;
  bytes: number;
}

/** The large values of runs: see `Payloads`. */
export interface RunPayloads {
  light(events: readonly RunEvent[]): Promise<readonly RunEvent[]>;
  lightInputs(inputs: Record<string, unknown>): Promise<Record<string, unknown>>;
  decided<T>(decision: () => T): Promise<T>;
}
/** Everything stands in the events. */
const NO_PAYLOADS: RunPayloads = {
  light: (events) => Promise.resolve(events),
  lightInputs: (inputs) => Promise.resolve(inputs),
  decided: async (decision) => decision(),
};

/** Each conflict means that another replica made progress; this many in a row mean that something is wrong. */
const TRIES = 10;

/** The states of runs, folded from the log. Cached ones may be behind the log: an append finds out, and `current` asks. */
export class RunStore {
  private readonly cache = new LRUCache<string, Known>({ maxSize: CACHE_BYTES, sizeCalculation: ({ bytes }) => bytes });

  private readonly counted = new WeakSet<object>();

  /** The last update of each run that is under way. */
  private readonly turns = new Map<string, Promise<void>>();

  constructor(
    private readonly log: RunLog,
    private readonly metrics: RunMetrics,
    /** A run that a newer version of AET wrote to, and that this replica leaves to those that can read it. */
    private readonly onUnsupported: (runId: string, error: UnsupportedVersion) => void = () => undefined,
    private readonly payloads: RunPayloads = NO_PAYLOADS,
  ) {}

  /** A decision about a run that is not there yet, with the large values that it looks into. */
  decided<T>(decision: () => T): Promise<T> {
    return this.payloads.decided(decision);
  }

  /** Inputs as a run may carry them. @throws {PayloadTooLarge} */
  lightInputs(inputs: Record<string, unknown>): Promise<Record<string, unknown>> {
    return this.payloads.lightInputs(inputs);
  }

  /** The state as the log has it now; undefined for an unknown run. @throws {UnsupportedVersion} */
  async current(runId: string): Promise<RunState | undefined> {
    const known = this.cache.get(runId);
    return this.remember(runId, known?.state, await this.read(runId, known?.state.sequence ?? 0));
  }

  private async read(runId: string, after: number): Promise<StoredRunEvent[]> {
    try {
      return await this.log.read(runId, after);
    } catch (error) {
      if (error instanceof UnsupportedVersion) this.onUnsupported(runId, error);
      throw error;
    }
  }

  /** A state that was true a moment ago. */
  async recent(runId: string): Promise<RunState | undefined> {
    return this.cache.get(runId)?.state ?? (await this.current(runId));
  }

  /** Appends the first events of a run. @throws {DuplicateKey} */
  async create(runId: string, events: readonly RunEvent[]): Promise<void> {
    if (!(await this.append(runId, undefined, events)))
      throw new Unavailable(`run ${runId} exists already: submit again for another id`);
  }

  /**
   * Plans on the state and appends; plans anew when another writer was first. Returns the plan that was carried out. One after the other for each run.
   * @throws {UnsupportedVersion} a newer version goes on with the run. @throws {StaleOwner} another cell does
   */
  async update<P extends Plan>(runId: string, plan: (state: RunState | undefined) => P): Promise<P> {
    const before = this.turns.get(runId);
    const turn = before === undefined ? this.carryOut(runId, plan) : before.then(() => this.carryOut(runId, plan));
    const over = turn.then(
      () => undefined,
      () => undefined,
    );
    this.turns.set(runId, over);
    try {
      return await turn;
    } finally {
      if (this.turns.get(runId) === over) this.turns.delete(runId);
    }
  }

  private async carryOut<P extends Plan>(runId: string, plan: (state: RunState | undefined) => P): Promise<P> {
    let fresh = !this.cache.has(runId);
    let state = await this.recent(runId);
    for (let tries = 0; tries < TRIES; tries++) {
      const planned = await this.payloads.decided(() => plan(state));
      const believed = planned.certain || fresh;
      if (believed && (planned.events.length === 0 || (await this.append(runId, state, planned.events)))) return planned;
      if (believed) this.metrics.conflict();
      state = await this.current(runId);
      fresh = true;
    }
    throw new Unavailable(`run ${runId} changed ${TRIES} times while it was being written: it is tried again later`);
  }

  private async append(runId: string, state: RunState | undefined, wanted: readonly RunEvent[]): Promise<boolean> {
    const events = await this.payloads.light(wanted);
    const startedAt = performance.now();
    try {
      const outcome = await this.log.append(runId, state?.sequence ?? 0, events);
      if (outcome.kind === 'conflict') return false;
      this.remember(runId, state, outcome.events);
    } catch (error) {
      // The events may be in the log or not: what is known here is no longer a basis.
      if (!(error instanceof AetError) || error.retryable || error instanceof StaleOwner) this.cache.delete(runId);
      throw error;
    }
    this.metrics.appended(events, performance.now() - startedAt);
    return true;
  }

  /** About what an event adds to a state. A document that runs share is counted once. */
  private weight(event: StoredRunEvent): number {
    if (event.type !== RunEventType.Submitted) return ENVELOPE_BYTES + jsonBytes(event.data);
    const { workflow, inputs } = event.data;
    const shared = this.counted.has(workflow);
    this.counted.add(workflow);
    return ENVELOPE_BYTES + jsonBytes(inputs) + (shared ? 0 : jsonBytes(workflow));
  }

  /** Two appends may end in any order: the later state stays. */
  private remember(runId: string, before: RunState | undefined, events: readonly StoredRunEvent[]): RunState | undefined {
    const state = foldAll(before, events);
    const known = this.cache.peek(runId);
    if (state === undefined || events.length === 0 || state.sequence <= (known?.state.sequence ?? 0)) return state;
    const news = events.filter(({ sequence }) => sequence > (known?.state.sequence ?? 0));
    const bytes = news.reduce((sum, event) => sum + this.weight(event), known?.bytes ?? 0);
    this.cache.set(runId, { state, bytes });
    return state;
  }
}
