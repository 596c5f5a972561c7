import { IsIn, IsInt, IsNotEmpty, IsNumber, IsOptional, IsString, Matches, Max, MaxLength, Min } from 'class-validator';
import type { Priority } from '../priority.js';
import type { Decision, RateLimit } from '../queue.js';
import { ServiceName } from '../service-name.js';
import { DEAD_LETTER_REASONS, type DeadLetter, type DeadLetterReason } from '../task.js';
import { TOKEN } from '../token.js';
import { Empty, IDEMPOTENT, rpcMethod } from './method.js';
import { ByOperator } from './by-operator.js';

class AboutCapability extends ByOperator {
  @Matches(TOKEN, { message: 'capability must be the name of a capability' })
  capability!: string;
}
export class PauseCapability extends AboutCapability {}
export class ResumeCapability extends AboutCapability {}

/** Give either `perSecond`, perhaps with `burst`, or `rule`. */
export class RateCapability extends AboutCapability {
  @IsOptional()
  @IsNumber()
  @Min(0.001)
  @Max(100_000)
  perSecond?: number;

  /** At once, after a quiet time; default: the tasks of one second. */
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(1_000_000)
  burst?: number;

  /** `unlimited`: no limit, whatever the configuration says. `configured`: as the configuration says. */
  @IsOptional()
  @IsIn(['unlimited', 'configured'])
  rule?: 'unlimited' | 'configured';
}

export interface CapabilityView {
  capability: string;
  /** Tasks that no host has. */
  waiting: Record<Priority, number>;
  /** In hand, or given back with a wait. */
  inHand: number;
  /** Of these, offered more than once. */
  redelivered: number;
  /** Tasks wait, and no host of the cell has ever had an agent for them. */
  unserved?: true;
  paused?: Decision;
  /** Absent: as many as there are slots. */
  rate?: RateLimit & { from: 'configuration' | 'operator' };
}
export interface StreamFill {
  stream: string;
  messages: number;
  bytes: number;
  maxBytes: number;
}
export interface QueueView {
  cell: string;
  capabilities: CapabilityView[];
  /** How full the streams are that refuse work when they are. */
  streams: StreamFill[];
}

export class ListDeadLetters {
  @IsOptional()
  @Matches(TOKEN, { message: 'capability must be the name of a capability' })
  capability?: string;

  @IsOptional()
  @IsIn([...DEAD_LETTER_REASONS])
  reason?: DeadLetterReason;

  /** 1 to 200; default 50. */
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(200)
  limit?: number;

  /** `next` of the page before. */
  @IsOptional()
  @IsInt()
  @Min(1)
  before?: number;
}
export class DeadLetterRef {
  /** Number of the letter, as the list gives it. */
  @IsInt()
  @Min(1)
  sequence!: number;
}
export class RetryDeadLetter extends ByOperator {
  @IsInt()
  @Min(1)
  sequence!: number;
}
export class DropDeadLetter {
  @IsInt()
  @Min(1)
  sequence!: number;

  /** Why nobody needs it any more; for the record. */
  @IsString()
  @IsNotEmpty()
  @MaxLength(500)
  reason!: string;

  /** Who says so, for the record; the gateway fills it in. */
  @IsOptional()
  @IsString()
  @MaxLength(200)
  by?: string;
}

/** A letter in a list: what it is about, without the task itself. */
export interface DeadLetterSummary extends Omit<DeadLetter, 'original' | 'v' | 'history'> {
  sequence: number;
  capability?: string;
  runId?: string;
  step?: string;
  item?: number;
  attempt?: number;
}
export interface DeadLetterPage {
  letters: DeadLetterSummary[];
  /** There are older ones. */
  next?: number;
}
export interface StoredDeadLetter extends DeadLetter {
  sequence: number;
}
/** The attempts that a retry scheduled. */
export interface Redriven {
  runId: string;
  attempts: { step: string; item?: number; attempt: number }[];
}
export interface Dropped {
  sequence: number;
}

/** An operator's commands for the queue of a cell; answered by its orchestrator. */
export const QueueRpc = {
  ls: rpcMethod<QueueView>()(
    ServiceName.Orchestrator,
    'queue-ls',
    Empty,
    'What waits, is in hand, is paused or limited, by capability.',
    IDEMPOTENT,
  ),
  pause: rpcMethod<CapabilityView>()(
    ServiceName.Orchestrator,
    'queue-pause',
    PauseCapability,
    'Nothing new of the capability is taken on any host of the cell; what runs is finished.',
    IDEMPOTENT,
  ),
  resume: rpcMethod<CapabilityView>()(
    ServiceName.Orchestrator,
    'queue-resume',
    ResumeCapability,
    'The capability goes on.',
    IDEMPOTENT,
  ),
  rate: rpcMethod<CapabilityView>()(
    ServiceName.Orchestrator,
    'queue-rate',
    RateCapability,
    'How many tasks of the capability may begin, on all hosts of the cell together.',
    IDEMPOTENT,
  ),
} as const;

export const DlqRpc = {
  ls: rpcMethod<DeadLetterPage>()(ServiceName.Orchestrator, 'dlq-ls', ListDeadLetters, 'Dead letters, newest first.', IDEMPOTENT),
  show: rpcMethod<StoredDeadLetter>()(
    ServiceName.Orchestrator,
    'dlq-show',
    DeadLetterRef,
    'A dead letter with its task and what was tried.',
    IDEMPOTENT,
  ),
  retry: rpcMethod<Redriven>()(
    ServiceName.Orchestrator,
    'dlq-retry',
    RetryDeadLetter,
    "Takes the letter's run up again: its tasks that had given up get another attempt, as the run's log says.",
  ),
  drop: rpcMethod<Dropped>()(
    ServiceName.Orchestrator,
    'dlq-drop',
    DropDeadLetter,
    'Removes a dead letter; who did it and why is recorded.',
  ),
} as const;
