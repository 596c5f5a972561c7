import {
  type ClaimEffect,
  Conflict,
  type EffectClaim,
  type EffectKept,
  type EffectList,
  type EffectView,
  type FinishEffect,
  type ListEffects,
  NotFound,
  type ReleaseEffect,
  type ResolveEffect,
  StaleOwner,
} from '@aet/contracts';
import type { EffectLedger } from '@aet/persistence';
import { attemptState, type RunState } from '@aet/runs';
import type { Auditor } from './ports.js';
import type { RunStore } from './run-store.js';
import { FIRST_EPOCH } from './submit-run.js';

/** What became of a word about an effect. */
export type EffectOutcome = EffectClaim['state'] | 'ended-done' | 'ended-failed' | 'resolved';
export interface EffectMetrics {
  effect(outcome: EffectOutcome): void;
}

/** The ledger of effects, for attempts that are still to be done. */
export class ManageEffects {
  constructor(
    private readonly ledger: EffectLedger,
    private readonly store: RunStore,
    private readonly audit: Auditor,
    private readonly metrics: EffectMetrics,
  ) {}

  /** @throws {StaleOwner | Conflict} the attempt is not to be done any more, or not here */
  async claim({ instead, ...request }: ClaimEffect): Promise<EffectClaim> {
    const state = await this.owned(request);
    if (attemptState(state, request).state !== 'open') {
      const message = `attempt ${request.attempt} of step "${request.step}" is not to be done any more: nothing of it may begin`;
      throw new Conflict(message, { details: { runId: request.runId, attempt: request.attempt } });
    }
    const claim = await this.ledger.claim({
      ...request,
      ...(instead === undefined ? {} : { instead }),
      // The ledger of the cell that had the run before may know of a claim that this one does not.
      doubtful: wasAdopted(state),
    });
    this.metrics.effect(claim.state);
    return claim;
  }

  /** That it was done is true whoever waits for it: an attempt that was superseded meanwhile is heard as long as no other claimed it. */
  async done({ result, instead, ...request }: FinishEffect): Promise<EffectKept> {
    await this.owned(request);
    const outcome = { state: 'done', result: result ?? null } as const;
    const state = await this.ledger.end({ ...request, outcome, ...(instead === undefined ? {} : { instead }) });
    this.metrics.effect('ended-done');
    return { state };
  }

  async release({ runId, step, item, attempt, epoch, key, claimant }: ReleaseEffect): Promise<EffectKept> {
    await this.owned({ runId, epoch });
    const hold = { runId, step, ...(item === undefined ? {} : { item }), attempt, epoch, key, claimant };
    const state = await this.ledger.end({ ...hold, outcome: { state: 'failed' } });
    this.metrics.effect('ended-failed');
    return { state };
  }

  async list(query: ListEffects): Promise<EffectList> {
    return { effects: await this.ledger.list(query) };
  }

  /** An operator's word on an effect in doubt. Recorded first: a word that nobody knows of must not count. */
  async resolve({ by = 'unknown', reason, outcome, result, runId, key, step, item }: ResolveEffect): Promise<EffectView> {
    const place = { runId, key, ...(step === undefined ? {} : { step }), ...(item === undefined ? {} : { item }) };
    await this.audit.record('effect.resolved', { by, outcome, ...place, ...(reason === undefined ? {} : { reason }) });
    const end = outcome === 'done' ? ({ state: 'done', result: result ?? null } as const) : ({ state: 'failed' } as const);
    const view = await this.ledger.resolve({ ...place, by, outcome: end });
    this.metrics.effect('resolved');
    return view;
  }

  /** @throws {NotFound} @throws {StaleOwner} */
  private async owned({ runId, epoch }: { runId: string; epoch: number }): Promise<RunState> {
    const state = await this.store.current(runId);
    if (state === undefined) throw new NotFound(`run ${runId} is not in this cell's log: ask the cell that owns it`);
    if (state.epoch === epoch) return state;
    throw new StaleOwner(`run ${runId} is owned under epoch ${state.epoch}, and this is of epoch ${epoch}: it does not count`, {
      details: { epoch: state.epoch },
    });
  }
}

/** Each adoption makes the epoch higher, and a run begins with the first. */
const wasAdopted = ({ epoch }: RunState): boolean => epoch > FIRST_EPOCH;
