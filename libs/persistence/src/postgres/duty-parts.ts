import { type RunEvent, RunEventType } from '@aet/contracts';
import type { WrittenRun } from './append-batch.js';
import { approvalDecidedPart, approvalOpenPart, approvalRequestedPart } from './approval-part.js';
import { childChangedPart, childEndedPart, childRequestedPart } from './child-part.js';
import { concludedPart } from './dispatch-part.js';
import { priorityPart } from './priority-part.js';
import type { StatementPart } from './statement-part.js';
import { timerPart } from './timer-part.js';
import { withdrawalPart } from './withdrawal-part.js';

/** What is still to be done for runs beside their tasks. */
export const DUTY_PARTS: readonly StatementPart[] = [
  withdrawalPart,
  concludedPart,
  timerPart,
  childEndedPart,
  childRequestedPart,
  childChangedPart,
  priorityPart,
  approvalDecidedPart,
  approvalOpenPart,
  approvalRequestedPart,
];

const DUTIES: ReadonlySet<RunEvent['type']> = new Set([
  RunEventType.Prioritized,
  RunEventType.Resumed,
  RunEventType.Redriven,
  RunEventType.Adopted,
  RunEventType.Compensating,
  RunEventType.Failed,
  RunEventType.Cancelled,
  RunEventType.StepConcluded,
  RunEventType.WaitBegun,
  RunEventType.ApprovalRequested,
  RunEventType.ApprovalDecided,
  RunEventType.ChildRequested,
  RunEventType.ChildEnded,
]);

/** Whether the batch concerns any of them: most do not, and are not slowed down by them. */
export const hasDuties = (written: readonly WrittenRun[]): boolean =>
  written.some(({ stored }) =>
    stored.some((event) => DUTIES.has(event.type) || (event.type === RunEventType.Submitted && event.data.startAt !== undefined)),
  );
