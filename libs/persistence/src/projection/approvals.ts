import { RunEventType, type StoredRunEvent } from '@aet/contracts';

/** So much of the question is kept in the table; the whole of it stands in the run. Characters. */
const LONGEST_TEXT = 2_000;

/** A question of a run that nobody has answered. */
export interface ApprovalRow {
  runId: string;
  step: string;
  /** Of the event that asks. */
  sequence: number;
  requestedAt: string;
  text: string;
  approvers?: string[];
  expiresAt?: string;
  /** False: the run has ended, or is being undone. */
  open: boolean;
}

/** What events of one run change in the table of its open questions. */
export interface ApprovalChange {
  requested: ApprovalRow[];
  /** Steps that wait for nobody any more. */
  decided: string[];
  /** Of those from before that are neither. Absent: as they are. */
  open?: boolean;
}

/** Net effect: a question that was asked and answered among `events` leaves no row. */
export function projectApprovals(events: readonly StoredRunEvent[]): ApprovalChange {
  const requested = new Map<string, ApprovalRow>();
  const decided = new Set<string>();
  let open: boolean | undefined;
  for (const event of events) {
    if (event.type === RunEventType.ApprovalRequested) {
      decided.delete(event.data.step);
      requested.set(event.data.step, rowOf(event));
    }
    if (event.type === RunEventType.ApprovalDecided) {
      requested.delete(event.data.step);
      decided.add(event.data.step);
    }
    const now = opens(event);
    if (now === undefined) continue;
    open = now;
    for (const row of requested.values()) row.open = now;
  }
  return { requested: [...requested.values()], decided: [...decided], ...(open === undefined ? {} : { open }) };
}

/** Whether the event changes that table at all. */
export const concernsApprovals = (event: StoredRunEvent): boolean =>
  event.type === RunEventType.ApprovalRequested || event.type === RunEventType.ApprovalDecided || opens(event) !== undefined;

/** A run does not complete before its questions are answered: only these ends concern them. */
function opens({ type }: StoredRunEvent): boolean | undefined {
  if (type === RunEventType.Redriven) return true;
  return type === RunEventType.Failed || type === RunEventType.Cancelled || type === RunEventType.Compensating
    ? false
    : undefined;
}

const rowOf = ({ runId, sequence, time, data }: Extract<StoredRunEvent, { type: 'approval.requested' }>): ApprovalRow => ({
  runId,
  step: data.step,
  sequence,
  requestedAt: time,
  text: data.text.slice(0, LONGEST_TEXT),
  ...(data.approvers === undefined ? {} : { approvers: data.approvers }),
  ...(data.expiresAt === undefined ? {} : { expiresAt: data.expiresAt }),
  open: true,
});
