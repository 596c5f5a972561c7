import { IsInt, IsOptional, IsString, Max, MaxLength, Min } from 'class-validator';
import type { Priority } from '../priority.js';
import type { RunStatus } from '../run-events.js';
import { ServiceName } from '../service-name.js';
import { IDEMPOTENT, rpcMethod } from './method.js';

export class ListApprovals {
  /** 1 to 200; default 50. */
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(200)
  limit?: number;

  /** `next` of the page before. */
  @IsOptional()
  @IsString()
  @MaxLength(400)
  cursor?: string;
}

/** A question of a run that a person is to answer. */
export interface WaitingApproval {
  runId: string;
  step: string;
  workflow: string;
  status: RunStatus;
  priority: Priority;
  /** What is asked; at most 2,000 characters of it. */
  text: string;
  /** Who may decide. Absent: everybody who may operate. */
  approvers?: string[];
  requestedAt: string;
  /** Decided by itself then. */
  expiresAt?: string;
  submittedBy?: string;
}
export interface ApprovalPage {
  approvals: WaitingApproval[];
  next?: string;
}

export const ApprovalRpc = {
  ls: rpcMethod<ApprovalPage>()(
    ServiceName.Orchestrator,
    'approvals',
    ListApprovals,
    'What waits for a decision in the runs of the cell, the oldest first.',
    IDEMPOTENT,
  ),
} as const;
