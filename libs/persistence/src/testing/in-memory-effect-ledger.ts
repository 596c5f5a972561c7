import { Conflict, type EffectClaim, type EffectState } from '@aet/contracts';
import type { EffectEnd, EffectHold, EffectWish } from '../effects/effect-ledger.js';
import { decideClaim, decideEnd, type EffectEntry } from '../effects/effect-policy.js';

type Kept = EffectEntry & { heldUntil: number };

/** The policy of the ledger over a map, by the clock of the process: for tests that move the clock. */
export class InMemoryEffectLedger {
  private readonly entries = new Map<string, Kept>();

  constructor(
    public holdMs: number,
    private readonly now: () => number,
  ) {}

  claim(wish: EffectWish): EffectClaim {
    const { attempt, epoch, claimant, by } = wish;
    const known = this.entry(wish);
    const decision = known === undefined ? { kind: 'grant' as const, fence: 1 } : decideClaim(known, wish);
    switch (decision.kind) {
      case 'grant':
      case 'renew': {
        const { fence } = decision;
        const heldUntil = this.now() + this.holdMs;
        const claimed = { attempt, epoch, state: 'claimed', claimant, fence, heldMs: 0, by } as const;
        this.entries.set(idOf(wish), { ...claimed, claimedAt: '', result: null, heldUntil });
        return { state: 'granted', fence, holdMs: this.holdMs };
      }
      case 'done':
        return { state: 'done', result: decision.result };
      case 'held':
        return { state: 'held', retryAfterMs: decision.retryAfterMs };
      case 'in-doubt':
        return { state: 'in-doubt', claimant: decision.entry.claimant, attempt: decision.entry.attempt, claimedAt: '' };
    }
  }

  end(end: EffectEnd): EffectState {
    const known = this.entry(end);
    if (known === undefined) throw new Conflict('never claimed');
    if (decideEnd(known, end)) {
      const { claimant, outcome } = end;
      const result = outcome.state === 'done' ? outcome.result : null;
      this.entries.set(idOf(end), { ...known, state: outcome.state, claimant, result });
    }
    return end.outcome.state;
  }

  private entry(hold: EffectHold): Kept | undefined {
    const kept = this.entries.get(idOf(hold));
    return kept === undefined ? undefined : { ...kept, heldMs: Math.max(0, kept.heldUntil - this.now()) };
  }
}

const idOf = ({ runId, step, item, key }: EffectHold): string => JSON.stringify([runId, step, item ?? -1, key]);
