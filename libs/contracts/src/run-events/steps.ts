import type { ErrorBody } from '../errors.js';
import type { RunEventType } from './types.js';

/** Kept whether or not a step waits for it yet. The same `id` counts once. */
export interface SignalReceived {
  type: typeof RunEventType.SignalReceived;
  data: { name: string; id: string; payload: unknown; by: string };
}

/** The end of a step was taken over from the run's origin. */
export interface StepKept {
  type: typeof RunEventType.StepKept;
  data: {
    step: string;
    status: 'completed' | 'skipped' | 'failed';
    output: unknown;
    error?: ErrorBody;
    items?: number;
    /** As in `step.skipped`. */
    branch?: string;
  };
}

/** A fan-out knows its items from here on; their inputs stand in the attempts. */
export interface StepExpanded {
  type: typeof RunEventType.StepExpanded;
  data: { step: string; items: number };
}

export interface StepSkipped {
  type: typeof RunEventType.StepSkipped;
  data: {
    step: string;
    reason: string;
    /** The branch that took another way. Steps that need nothing but such steps are skipped as well. */
    branch?: string;
  };
}

/** A fan-out has enough: tasks of it that have not ended are not waited for, and hosts that have them are told to stop. */
export interface StepConcluded {
  type: typeof RunEventType.StepConcluded;
  data: { step: string; reason: 'quorum' | 'tolerance' };
}

/** What a fan-out gives, made of its tasks' outputs by its `collect`. */
export interface StepCollected {
  type: typeof RunEventType.StepCollected;
  data: { step: string; output: unknown };
}

/** A step ended badly without an attempt: its wait or approval ran out, or its output is not what its schema says. */
export interface StepFailed {
  type: typeof RunEventType.StepFailed;
  data: { step: string; error: ErrorBody };
}

/** The steps that follow; the other targets of the branch are skipped. */
export interface BranchTaken {
  type: typeof RunEventType.BranchTaken;
  data: { step: string; taken: string[]; when?: string };
}

/** A place to come back to: everything up to here is on the disk, whatever the run's durability. */
export interface CheckpointReached {
  type: typeof RunEventType.CheckpointReached;
  data: { step: string; data: unknown };
}

export interface WaitBegun {
  type: typeof RunEventType.WaitBegun;
  data: {
    step: string;
    /** RFC 3339. Of a timer: it ends then. Of a signal: it fails then. */
    until?: string;
    signal?: string;
  };
}

export interface WaitEnded {
  type: typeof RunEventType.WaitEnded;
  data: { step: string; by: 'timer' | 'signal'; signalId?: string; output: unknown };
}

export interface ApprovalRequested {
  type: typeof RunEventType.ApprovalRequested;
  data: { step: string; text: string; approvers?: string[]; expiresAt?: string; onExpiry?: 'approve' | 'reject' };
}

export interface ApprovalDecided {
  type: typeof RunEventType.ApprovalDecided;
  data: { step: string; approved: boolean; by: string; reason?: string; /** Nobody decided in time. */ expired?: true };
}
