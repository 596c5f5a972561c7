import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  IsArray,
  IsBoolean,
  IsIn,
  IsInt,
  IsNotEmpty,
  IsObject,
  IsOptional,
  IsString,
  Matches,
  Max,
  MaxLength,
  Min,
  ValidateNested,
} from 'class-validator';
import { RFC3339 } from '../instant.js';
import { ServiceName } from '../service-name.js';
import type { AttemptRef } from '../task.js';
import { IDEMPOTENT, rpcMethod } from './method.js';
import { AttemptQuery } from './orchestrator.js';

/** A model request of an attempt that may wait: it goes into a batch of the provider, and its host need not wait for it. */
export class AddToBatch extends AttemptQuery {
  @IsInt()
  @Min(0)
  epoch!: number;

  /** Such as `anthropic`. */
  @IsString()
  @IsNotEmpty()
  @MaxLength(64)
  provider!: string;

  @IsString()
  @MaxLength(64)
  agent!: string;

  @Matches(RFC3339, { message: 'deadline must be a time with its zone, such as 2026-11-21T18:00:00Z' })
  deadline!: string;

  /** As the provider's interface for single requests takes it. */
  @IsObject()
  request!: object;
}
/** `deferred`: the attempt's result comes from a batch. `single`: there is no time for a batch, or it was tried; ask the model now. */
export interface BatchAdded {
  state: 'deferred' | 'single';
  message?: string;
}

export class LeaseBatch {
  @IsString()
  @MaxLength(64)
  provider!: string;

  /** Instance that does the work. */
  @IsString()
  @MaxLength(100)
  holder!: string;
}
/** One batch to be handed in, or to be asked for. `lease` is its proof; it is renewed by every word about the batch. */
export interface BatchWork {
  batch: string;
  lease: string;
  requests: number;
  /** Requests of attempts that are still to be done. */
  wanted: number;
  /** `submit`: hand it in. `doubt`: somebody began to, and did not say under which id. `poll`: it lies with the provider. */
  kind: 'submit' | 'doubt' | 'poll';
  /** RFC 3339: when handing it in began. */
  submittingAt?: string;
  providerBatch?: string;
  /** Batches of the provider that were found to be others'. */
  notOurs: string[];
}
export interface BatchLease {
  /** Absent: nothing is due. */
  work?: BatchWork;
}

class OfLease {
  @IsString()
  @MaxLength(64)
  batch!: string;

  @IsString()
  @MaxLength(64)
  lease!: string;
}
export class ReadBatchRequests extends OfLease {
  /** `next` of the page before. */
  @IsOptional()
  @IsString()
  @MaxLength(64)
  after?: string;

  /** Without the requests themselves. */
  @IsOptional()
  @IsBoolean()
  bare?: boolean;
}
export interface BatchRequestPage {
  requests: { id: string; ref: AttemptRef; epoch: number; agent: string; addedAt: string; request?: object }[];
  next?: string;
}

export const BATCH_NEWS = ['submitting', 'submitted', 'waiting', 'postponed', 'refused', 'not-ours', 'ended'] as const;
/** `waiting`: ask again later. `postponed`: it was not taken, for sure; hand it in later. `refused`, `ended`: what has no result yet is asked for one by one. */
export type BatchNews = (typeof BATCH_NEWS)[number];
export class TellBatch extends OfLease {
  @IsIn([...BATCH_NEWS])
  news!: BatchNews;

  @IsOptional()
  @IsString()
  @MaxLength(200)
  providerBatch?: string;

  /** With `submitting`: so many are handed in. */
  @IsOptional()
  @IsInt()
  @Min(0)
  requests?: number;

  @IsOptional()
  @IsInt()
  @Min(0)
  againMs?: number;

  @IsOptional()
  @IsString()
  @MaxLength(2_000)
  message?: string;
}

export class SettledRequest {
  @IsString()
  @MaxLength(64)
  id!: string;

  /** `done`: its result was reported. `single`: the batch gave none. */
  @IsIn(['done', 'single'])
  outcome!: 'done' | 'single';

  @IsOptional()
  @IsString()
  @MaxLength(500)
  message?: string;
}
export class SettleBatch extends OfLease {
  @IsArray()
  @ArrayMaxSize(1_000)
  @ValidateNested({ each: true })
  @Type(() => SettledRequest)
  requests!: SettledRequest[];
}
export interface BatchHeard {
  /** False: the lease is another's by now. */
  held: boolean;
}

export class ListBatches {
  /** 1 to 500; default 50. */
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(500)
  limit?: number;
}
export type BatchState = 'formed' | 'submitting' | 'submitted' | 'ended';
export interface BatchView {
  batch: string;
  provider: string;
  state: BatchState;
  providerBatch?: string;
  requests: number;
  bytes: number;
  settled: { done: number; single: number };
  createdAt: string;
  submittedAt?: string;
  endedAt?: string;
  message?: string;
}
export interface BatchList {
  /** Requests that wait for a batch. */
  waiting: number;
  /** Newest first. */
  batches: BatchView[];
}

export const BatchRpc = {
  add: rpcMethod<BatchAdded>()(
    ServiceName.Orchestrator,
    'batch-add',
    AddToBatch,
    'Takes over a model request that may wait until the task’s deadline.',
    IDEMPOTENT,
  ),
  lease: rpcMethod<BatchLease>()(
    ServiceName.Orchestrator,
    'batch-lease',
    LeaseBatch,
    'Gives a host the next batch that has to be handed in or asked for.',
    IDEMPOTENT,
  ),
  requests: rpcMethod<BatchRequestPage>()(
    ServiceName.Orchestrator,
    'batch-requests',
    ReadBatchRequests,
    'The requests of a batch, page by page.',
    IDEMPOTENT,
  ),
  tell: rpcMethod<BatchHeard>()(ServiceName.Orchestrator, 'batch-tell', TellBatch, 'What became of a batch.', IDEMPOTENT),
  settle: rpcMethod<BatchHeard>()(
    ServiceName.Orchestrator,
    'batch-settle',
    SettleBatch,
    'What became of requests of a batch.',
    IDEMPOTENT,
  ),
  ls: rpcMethod<BatchList>()(ServiceName.Orchestrator, 'batch-ls', ListBatches, 'Batches, newest first.', IDEMPOTENT),
} as const;
