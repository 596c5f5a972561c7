import { EffectInDoubt, AttemptFailed, type EffectClaim } from '@aet/contracts';
import { pause } from '@aet/resilience';
import type { EffectClaims, EffectHooks, EffectRef, Reconciled } from './effect.js';
import { HeldClaim } from './held-claim.js';

/** Between two questions while another execution is at the effect, at least and at most. Milliseconds. */
const ASK_AGAIN_MS = { least: 20, most: 1_000 };
const LARGEST_RESULT_BYTES = 512 * 1024;

type Granted = Extract<EffectClaim, { state: 'granted' }>;
type InDoubt = Extract<EffectClaim, { state: 'in-doubt' }>;

/**
 * Does an effect outside of AET once, over all attempts of a task: claimed before, done after. What an earlier execution left in doubt is reconciled, never
 * blindly repeated. @throws {EffectInDoubt} nothing tells whether it was done. Throws what `perform` throws when it was not.
 */
export async function performEffect<T>(
  claims: EffectClaims,
  ref: EffectRef,
  hooks: EffectHooks<T>,
  signal: AbortSignal,
): Promise<T> {
  let instead: string | undefined;
  for (;;) {
    if (signal.aborted) throw stopped(ref);
    const askedAt = performance.now();
    const claim = await claims.claim(ref, signal, instead);
    switch (claim.state) {
      case 'done':
        return claim.result as T;
      case 'granted':
        return new Execution(claims, ref, hooks, signal).perform(claim, askedAt);
      case 'held':
        await pause(Math.min(Math.max(claim.retryAfterMs, ASK_AGAIN_MS.least), ASK_AGAIN_MS.most), signal);
        break;
      case 'in-doubt': {
        const found = await reconcile(hooks, signal);
        if (found.state === 'unknown') throw inDoubt(ref, claim);
        if (found.state === 'done') {
          await claims.done(ref, found.result, signal, claim.claimant);
          return found.result;
        }
        instead = claim.claimant;
      }
    }
  }
}

/** One execution under a claim of its own. */
class Execution<T> {
  constructor(
    private readonly claims: EffectClaims,
    private readonly ref: EffectRef,
    private readonly hooks: EffectHooks<T>,
    private readonly signal: AbortSignal,
  ) {}

  async perform({ fence, holdMs }: Granted, askedAt: number): Promise<T> {
    const { claims, ref, hooks } = this;
    const renew = async (): Promise<boolean> => (await claims.claim(ref, this.signal)).state === 'granted';
    using held = new HeldClaim(renew, holdMs, askedAt);
    const signal = AbortSignal.any([this.signal, held.signal]);
    let result: T;
    try {
      if (signal.aborted) throw stopped(ref);
      result = await hooks.perform({ idempotencyKey: idempotencyKeyOf(ref), fence, signal });
    } catch (error) {
      return await this.afterFailure(error, signal);
    }
    return this.keep(result);
  }

  /** It may have been done all the same: a failure is not the same as nothing. */
  private async afterFailure(error: unknown, signal: AbortSignal): Promise<T> {
    const found = signal.aborted ? { state: 'unknown' as const } : await reconcile(this.hooks, signal);
    if (found.state === 'done') return this.keep(found.result);
    if (found.state === 'not-done') await this.claims.release(this.ref, this.signal);
    throw error;
  }

  /** That it was done is kept even when its result cannot be. */
  private async keep(result: T): Promise<T> {
    const bytes = Buffer.byteLength(JSON.stringify(result ?? null));
    const fits = bytes <= LARGEST_RESULT_BYTES;
    await this.claims.done(this.ref, fits ? (result ?? null) : null, this.signal);
    if (fits) return result;
    throw new AttemptFailed(
      `the effect "${this.ref.key}" was done, and its result of ${bytes} bytes is larger than the ${LARGEST_RESULT_BYTES} that are kept: give back a reference`,
      { retryable: false },
    );
  }
}

async function reconcile<T>(hooks: EffectHooks<T>, signal: AbortSignal): Promise<Reconciled<T>> {
  try {
    return (await hooks.reconcile?.(signal)) ?? { state: 'unknown' };
  } catch {
    return { state: 'unknown' };
  }
}

/** The task and the key, not the attempt. */
const idempotencyKeyOf = ({ runId, step, item, key }: EffectRef): string =>
  `${runId}:${step}${item === undefined ? '' : `#${item}`}:${key}`;

const inDoubt = ({ runId, key }: EffectRef, { attempt, claimedAt }: InDoubt): EffectInDoubt =>
  new EffectInDoubt(
    `the effect "${key}" was claimed by attempt ${attempt} at ${claimedAt}, which did not say how it ended: find out, then say it with \`aet effects resolve ${runId} ${key} --done\` or \`--not-done\`, and take the run up again`,
    { details: { runId, key, attempt, claimedAt } },
  );

const stopped = ({ key }: EffectRef): AttemptFailed =>
  new AttemptFailed(`it was stopped before the effect "${key}" could begin`, { retryable: true });
