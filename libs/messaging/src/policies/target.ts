import { Unavailable } from '@aet/contracts';
import {
  afterCall,
  allows,
  type BreakerEvent,
  breakerNext,
  type BreakerState,
  budgetTokens,
  type CallPolicies,
  CLOSED,
  fullBudget,
  HEDGE_SAMPLES,
  hedgeAfterMs,
  LatencyWindow,
  type RetryBudgetState,
  spendRetry,
} from '@aet/resilience';
import { BulkheadLine } from './bulkhead-line.js';
import type { Verdict } from './verdict.js';

/** What happened at a target since the start of the process. */
export interface TargetCounts {
  /** Those that came; each ends in one way. */
  calls: number;
  /** Ended as a failure of the other side, after all tries. */
  failures: number;
  retries: number;
  /** Retries and second requests that the budget did not allow. */
  overBudget: number;
  hedges: number;
  hedgeWins: number;
  refusedByBulkhead: number;
  refusedByBreaker: number;
  opened: number;
  fallbacks: number;
}

/** A target as `/status` shows it. */
export interface TargetStatus extends TargetCounts {
  /** `service.method`, with ` in <cell>` where calls name a cell. */
  target: string;
  breaker: BreakerState['kind'];
  /** Milliseconds until a call may try again. Present while the breaker is open. */
  restsForMs?: number;
  inFlight: number;
  queued: number;
  budgetLeft: number;
  /** After so many milliseconds an answer counts as late. Present where calls are hedged. */
  hedgeAfterMs?: number;
}

/** A breaker that nobody asked for so long after its rest says nothing of the present. Milliseconds. */
const FORGOTTEN_MS = 60_000;

export type BreakerListener = (target: string, before: BreakerState['kind'], after: BreakerState['kind']) => void;

/** One method as this process calls it: its policies, and the states that they keep. Times are milliseconds of a monotonic clock. */
export class Target {
  readonly bulkhead: BulkheadLine;
  readonly counts: TargetCounts = {
    calls: 0,
    failures: 0,
    retries: 0,
    overBudget: 0,
    hedges: 0,
    hedgeWins: 0,
    refusedByBulkhead: 0,
    refusedByBreaker: 0,
    opened: 0,
    fallbacks: 0,
  };
  private readonly latencies: LatencyWindow | undefined;
  private breaker: BreakerState = CLOSED;
  private budget: RetryBudgetState;

  constructor(
    readonly name: string,
    readonly policies: CallPolicies & { fallback?: object },
    now: number,
    private readonly onBreaker: BreakerListener,
  ) {
    this.bulkhead = new BulkheadLine(policies.bulkhead);
    this.budget = fullBudget(now, policies.budget);
    this.latencies = policies.hedge.enabled ? new LatencyWindow() : undefined;
  }

  /** A call comes. */
  called(now: number): void {
    this.counts.calls += 1;
    this.budget = afterCall(this.budget, now, this.policies.budget);
  }

  /** Whether the breaker lets a call through; if so, it is the trial where one is due. */
  ask(now: number): boolean {
    if (this.breaker === CLOSED) return true;
    const allowed = allows(this.breaker, now, this.policies.breaker);
    if (allowed) this.tell('ask', now);
    else this.counts.refusedByBreaker += 1;
    return allowed;
  }

  /** A call that was let through has ended. */
  tell(event: BreakerEvent['kind'], now: number): void {
    const before = this.breaker;
    if (event === 'success' && before === CLOSED) return;
    this.breaker = breakerNext(before, { kind: event }, now, this.policies.breaker);
    if (before.kind === this.breaker.kind) return;
    if (this.breaker.kind === 'open' && event === 'failure') this.counts.opened += 1;
    this.onBreaker(this.name, before.kind, this.breaker.kind);
  }

  /** A call that was let through has failed. */
  ended(verdict: Verdict, now: number): void {
    switch (verdict) {
      case 'failure':
        this.counts.failures += 1;
        return this.tell('failure', now);
      case 'alive':
        return this.tell('success', now);
      case 'nothing':
        return this.tell('abandon', now);
    }
  }

  /** What a caller hears whom the breaker does not let through. */
  refusal(now: number): Unavailable {
    const retryAfterMs = Math.ceil(this.restsForMs(now));
    return new Unavailable(
      `${this.name} failed ${this.policies.breaker.failures} times in a row and is left alone for ${retryAfterMs} ms: look at it with \`aet status\``,
      { details: { breaker: 'open', retryAfterMs } },
    );
  }

  /** Takes a token for a retry or a second request. */
  spend(now: number): boolean {
    const after = spendRetry(this.budget, now, this.policies.budget);
    if (after === undefined) this.counts.overBudget += 1;
    else this.budget = after;
    return after !== undefined;
  }

  /** How long a call took that was answered. */
  took(ms: number): void {
    this.latencies?.add(ms);
  }

  /** When an answer counts as late; undefined where calls are not hedged. */
  get hedgeAfterMs(): number | undefined {
    if (this.latencies === undefined) return undefined;
    const { hedge } = this.policies;
    return hedgeAfterMs(this.latencies.size < HEDGE_SAMPLES ? undefined : this.latencies.quantile(hedge.quantile), hedge);
  }

  /** Milliseconds until the breaker allows a call, 0 if it does. */
  private restsForMs(now: number): number {
    const { breaker } = this;
    if (breaker.kind === 'closed') return 0;
    const until = breaker.kind === 'open' ? breaker.until : breaker.since + this.policies.breaker.openMs;
    return Math.max(until - now, 0);
  }

  /** Whether the last that is known, and not long ago, is that it fails. */
  isResting(now: number): boolean {
    const { breaker } = this;
    return breaker.kind === 'half-open' || (breaker.kind === 'open' && now < breaker.until + FORGOTTEN_MS);
  }

  status(now: number): TargetStatus {
    const late = this.hedgeAfterMs;
    return {
      target: this.name,
      breaker: this.breaker.kind,
      ...(this.breaker.kind === 'open' ? { restsForMs: Math.round(this.restsForMs(now)) } : {}),
      ...this.bulkhead.load,
      budgetLeft: Math.floor(budgetTokens(this.budget, now, this.policies.budget) * 10) / 10,
      ...(late === undefined ? {} : { hedgeAfterMs: late }),
      ...this.counts,
    };
  }
}
