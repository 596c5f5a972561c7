import { AetError, Cancelled, DeadlinePassed, ErrorCode, ResourceExhausted, type RpcMethod } from '@aet/contracts';
import { nextTryMs, pause } from '@aet/resilience';
import { correlation } from '@aet/telemetry';
import type { CallOptions, RpcClient } from '../rpc-client.js';
import { hedged } from './hedged.js';
import type { Target } from './target.js';
import { mayHaveRun, type Verdict, verdictOn } from './verdict.js';

/** A call that had less time than this from the beginning and got no answer says nothing of the other side. Milliseconds. */
const FAIR_MS = 20;

export interface CallWorld {
  next: RpcClient;
  /** Longest time of a call that names none, all its tries together. Milliseconds. */
  timeoutMs: number;
  now: () => number;
  random: () => number;
}

/**
 * One call on its way through the policies of its target, from the outside in: fallback, bulkhead, breaker, hedge, retry, timeout.
 * The breaker counts whole calls, so that one which a retry saved is a success; the time that the caller gives is that of the whole call.
 */
export class PolicedCall<Req extends object, Res> {
  private readonly startedAt: number;
  /** Some of the call's time has gone by: the next try gets less than the caller gave. */
  private late = false;

  constructor(
    private readonly world: CallWorld,
    private readonly target: Target,
    private readonly method: RpcMethod<Req, Res>,
    private readonly request: Req,
    private readonly options: CallOptions,
  ) {
    this.startedAt = world.now();
  }

  run(): Promise<Res> {
    this.target.called(this.startedAt);
    const call = this.admitted();
    const { fallback } = this.target.policies;
    return fallback === undefined ? call : call.catch((error: unknown) => this.insteadOf(error, fallback as Res));
  }

  private admitted(): Promise<Res> {
    const { bulkhead, counts, name, policies } = this.target;
    switch (bulkhead.enter()) {
      case 'run':
        return this.guarded(this.startedAt);
      case 'wait':
        return this.afterTurn();
      case 'refuse':
        counts.refusedByBulkhead += 1;
        return Promise.reject(
          new ResourceExhausted(
            `${policies.bulkhead.inFlight} calls of ${name} are in flight and ${policies.bulkhead.queue} wait: call it less at once, or raise its bulkhead under resilience.targets`,
            { details: { bulkhead: policies.bulkhead } },
          ),
        );
    }
  }

  private async afterTurn(): Promise<Res> {
    const { bulkhead, name } = this.target;
    this.late = true;
    switch (await bulkhead.turn(this.remainingMs(), this.options.signal)) {
      case 'run':
        return this.guarded(this.world.now());
      case 'aborted':
        throw new Cancelled(`the caller took the call of ${name} back before its turn came`);
      case 'late':
        throw new DeadlinePassed(`the time for the call of ${name} was over before its turn came: too many calls are in flight`);
    }
  }

  /** Holds a place in the bulkhead until the call has ended. */
  private guarded(now: number): Promise<Res> {
    if (!this.target.ask(now)) {
      this.target.bulkhead.leave();
      return Promise.reject(this.target.refusal(now));
    }
    const afterMs = this.method.idempotent === true ? this.target.hedgeAfterMs : undefined;
    if (afterMs !== undefined) return this.settled(this.hedged(afterMs));
    // The way of nearly every call: one promise more than without policies.
    const { signal } = this.options;
    return this.try(signal).then(
      (reply) => this.succeeded(reply),
      (error: unknown) => this.settled(this.again(error, signal)),
    );
  }

  private settled(call: Promise<Res>): Promise<Res> {
    return call.then(
      (reply) => this.succeeded(reply),
      (error: unknown) => this.failed(error),
    );
  }

  private hedged(afterMs: number): Promise<Res> {
    const tried = (signal: AbortSignal): Promise<Res> => this.try(signal).catch((error: unknown) => this.again(error, signal));
    return hedged(tried, {
      afterMs,
      signal: this.options.signal,
      mayRepeat: () => {
        const allowed = this.target.spend(this.world.now());
        if (allowed) this.target.counts.hedges += 1;
        return allowed;
      },
      onWin: () => (this.target.counts.hedgeWins += 1),
    });
  }

  /** Tries as long as policy, budget and time allow; then the last error is the call's. */
  private async again(first: unknown, signal: AbortSignal | undefined): Promise<Res> {
    let error = first;
    for (let attempt = 1; ; attempt++) {
      const waitMs = this.mayRepeat(error, signal) ? this.waitMs(attempt) : undefined;
      if (waitMs === undefined) throw error;
      this.target.counts.retries += 1;
      await pause(waitMs, signal);
      this.late = true;
      try {
        return await this.try(signal);
      } catch (later) {
        error = later;
      }
    }
  }

  private mayRepeat(error: unknown, signal: AbortSignal | undefined): boolean {
    if (!(error instanceof AetError) || signal?.aborted === true) return false;
    // The time of one try was over, not that of the call: otherwise nothing remains and no wait fits.
    const tookTooLong = error.code === ErrorCode.DeadlinePassed && this.target.policies.timeoutMs > 0;
    return (error.retryable || tookTooLong) && (this.method.idempotent === true || !mayHaveRun(error));
  }

  private waitMs(attempt: number): number | undefined {
    const waitMs = nextTryMs(attempt, this.remainingMs(), this.target.policies.retry, this.world.random);
    return waitMs === undefined || !this.target.spend(this.world.now()) ? undefined : waitMs;
  }

  /** One try. Where no policy has a say in it, the caller's own options go on as they are. */
  private try(signal: AbortSignal | undefined): Promise<Res> {
    const { method, request, options, target, world } = this;
    const { timeoutMs } = target.policies;
    if (timeoutMs === 0 && signal === options.signal && !this.late) return world.next.call(method, request, options);
    const wholeMs = Math.max((options.timeoutMs ?? world.timeoutMs) - (world.now() - this.startedAt), 0);
    const own: CallOptions = { ...options, timeoutMs: timeoutMs === 0 ? wholeMs : Math.min(timeoutMs, wholeMs) };
    return world.next.call(method, request, signal === undefined ? own : { ...own, signal });
  }

  private succeeded(reply: Res): Res {
    const { target, world } = this;
    target.bulkhead.leave();
    if (target.policies.hedge.enabled) target.took(world.now() - this.startedAt);
    target.tell('success', this.startedAt);
    return reply;
  }

  private failed(error: unknown): never {
    this.target.bulkhead.leave();
    this.target.ended(this.verdict(error), this.world.now());
    throw error;
  }

  private verdict(error: unknown): Verdict {
    const ranOut = error instanceof AetError && error.code === ErrorCode.DeadlinePassed;
    const hadMs = this.remainingMs() + (this.world.now() - this.startedAt);
    return ranOut && hadMs < FAIR_MS ? 'nothing' : verdictOn(error);
  }

  private insteadOf(error: unknown, fallback: Res): Res {
    const isRefusal = !(error instanceof AetError) || !(error.retryable || verdictOn(error) === 'failure');
    if (isRefusal) throw error;
    this.target.counts.fallbacks += 1;
    return fallback;
  }

  /** Of the whole call. */
  private remainingMs(): number {
    const { options, world } = this;
    const ownMs = (options.timeoutMs ?? world.timeoutMs) - (world.now() - this.startedAt);
    const deadline = Math.min(options.deadline ?? Infinity, correlation.current()?.deadline ?? Infinity);
    return deadline === Infinity ? ownMs : Math.min(ownMs, deadline - Date.now());
  }
}
