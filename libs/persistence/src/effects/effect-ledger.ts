import type { AttemptRef, EffectClaim, EffectState, EffectView, ListEffects, Performer } from '@aet/contracts';

/** Who claims or ends which effect. The rows of attempts and epochs that came later are not touched by earlier ones. */
export interface EffectHold extends AttemptRef {
  epoch: number;
  key: string;
  /** Unique for each execution. */
  claimant: string;
}
export interface EffectWish extends EffectHold {
  by: Performer;
  /** The claimant of a claim in doubt, of which was found that it did nothing. */
  instead?: string;
  /** Nothing is known here of claims that another cell may have taken: the first one is in doubt, too. */
  doubtful?: boolean;
}
export interface EffectEnd extends EffectHold {
  outcome: { state: 'done'; result: unknown } | { state: 'failed' };
  instead?: string;
}
/** An operator's word. */
export interface EffectVerdict {
  runId: string;
  key: string;
  step?: string;
  item?: number;
  outcome: { state: 'done'; result: unknown } | { state: 'failed' };
  by: string;
}

/**
 * Effects outside of AET, by task and key. Of all claims of an effect one is granted at a time; a claim that was not ended and is not held
 * any more is in doubt until somebody says what became of it. What is done stays done.
 */
export abstract class EffectLedger {
  /** @throws {Conflict} a later attempt, or a later owner of the run, claimed it */
  abstract claim(wish: EffectWish): Promise<EffectClaim>;
  /** The same word again changes nothing. @throws {Conflict} the claim is not this claimant's any more, or ended otherwise */
  abstract end(end: EffectEnd): Promise<EffectState>;
  abstract list(query: ListEffects): Promise<EffectView[]>;
  /** @throws {NotFound} @throws {Conflict} several have this key, somebody is at it, or it was ended otherwise */
  abstract resolve(verdict: EffectVerdict): Promise<EffectView>;
}
