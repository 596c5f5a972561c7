import { IsIn, IsInt, IsNotEmpty, IsObject, IsOptional, IsString, Matches, Max, MaxLength, Min } from 'class-validator';
import { ServiceName } from '../service-name.js';
import type { Performer } from '../task.js';
import { IDEMPOTENT, rpcMethod } from './method.js';
import { ByOperator } from './by-operator.js';
import { AttemptQuery, RUN_ID } from './orchestrator.js';

/** `claimed`: somebody is at it, or began and did not say how it ended. `done`: for good. `failed`: it is known that it was not done. */
export const EFFECT_STATES = ['claimed', 'done', 'failed'] as const;
export type EffectState = (typeof EFFECT_STATES)[number];

/** An effect belongs to a task, whatever the attempt; the key tells those of one task apart. */
class EffectOfAttempt extends AttemptQuery {
  /** Of the run, as the task says it. */
  @IsInt()
  @Min(0)
  epoch!: number;

  @IsString()
  @IsNotEmpty()
  @MaxLength(200)
  key!: string;

  /** Unique for each execution: the same one may ask again after a lost answer. */
  @IsString()
  @IsNotEmpty()
  @MaxLength(64)
  claimant!: string;
}

export class ClaimEffect extends EffectOfAttempt {
  @IsObject()
  by!: Performer;

  /** The claimant of a claim in doubt, of which was found that it did nothing. */
  @IsOptional()
  @IsString()
  @MaxLength(64)
  instead?: string;
}

/**
 * `granted`: do it now; the claim is held for `holdMs` from the request on and renewed by asking again. `fence` grows with each grant of this effect.
 * `held`: another execution is at it; ask again. `in-doubt`: an earlier one claimed it and did not say how it ended: find out.
 */
export type EffectClaim =
  | { state: 'granted'; fence: number; holdMs: number }
  | { state: 'done'; result: unknown }
  | { state: 'held'; retryAfterMs: number; by?: Performer }
  | { state: 'in-doubt'; claimant: string; attempt: number; claimedAt: string; by?: Performer };

export class FinishEffect extends EffectOfAttempt {
  /** JSON, at most 512 KiB. */
  @IsOptional()
  result?: unknown;

  /** The claimant of a claim in doubt, of which was found that it did the effect. */
  @IsOptional()
  @IsString()
  @MaxLength(64)
  instead?: string;
}
export class ReleaseEffect extends EffectOfAttempt {}
export interface EffectKept {
  state: EffectState;
}

export class ListEffects {
  @IsOptional()
  @Matches(RUN_ID, { message: 'runId must be a UUID of version 7, as given by the submit' })
  runId?: string;

  /** `in-doubt`: claimed, and nobody holds the claim any more. */
  @IsOptional()
  @IsIn([...EFFECT_STATES, 'in-doubt'])
  state?: EffectState | 'in-doubt';

  /** 1 to 500; default 50. */
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(500)
  limit?: number;
}
export interface EffectView {
  runId: string;
  step: string;
  item?: number;
  key: string;
  /** That claimed it last. */
  attempt: number;
  epoch: number;
  state: EffectState;
  /** Claimed, and nobody holds the claim any more. */
  inDoubt: boolean;
  claimedAt: string;
  doneAt?: string;
  result?: unknown;
  by?: Performer;
  /** The operator who decided. */
  resolvedBy?: string;
}
export interface EffectList {
  /** Newest first. */
  effects: EffectView[];
}

export class ResolveEffect extends ByOperator {
  @Matches(RUN_ID, { message: 'runId must be a UUID of version 7, as given by the submit' })
  runId!: string;

  @IsString()
  @IsNotEmpty()
  @MaxLength(200)
  key!: string;

  /** Needed when several steps of the run have such an effect. */
  @IsOptional()
  @IsString()
  @MaxLength(64)
  step?: string;

  @IsOptional()
  @IsInt()
  @Min(0)
  item?: number;

  /** What the operator found out. */
  @IsIn(['done', 'not-done'])
  outcome!: 'done' | 'not-done';

  /** What the effect gave, when it was done. */
  @IsOptional()
  result?: unknown;
}

export const EffectRpc = {
  claim: rpcMethod<EffectClaim>()(
    ServiceName.Orchestrator,
    'effect-claim',
    ClaimEffect,
    'Claims an effect outside of AET before it is done; the same claimant may ask again, which renews its claim.',
    IDEMPOTENT,
  ),
  done: rpcMethod<EffectKept>()(
    ServiceName.Orchestrator,
    'effect-done',
    FinishEffect,
    'Says that a claimed effect was done.',
    IDEMPOTENT,
  ),
  release: rpcMethod<EffectKept>()(
    ServiceName.Orchestrator,
    'effect-release',
    ReleaseEffect,
    'Says that a claimed effect was not done, for sure.',
    IDEMPOTENT,
  ),
  ls: rpcMethod<EffectList>()(
    ServiceName.Orchestrator,
    'effect-ls',
    ListEffects,
    'Effects outside of AET, newest first.',
    IDEMPOTENT,
  ),
  resolve: rpcMethod<EffectView>()(
    ServiceName.Orchestrator,
    'effect-resolve',
    ResolveEffect,
    'An operator says of an effect in doubt whether it was done.',
    IDEMPOTENT,
  ),
} as const;
