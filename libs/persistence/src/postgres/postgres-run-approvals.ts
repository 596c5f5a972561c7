import { type ApprovalPage, type ListApprovals, type RunSummary, ValidationFailed, type WaitingApproval } from '@aet/contracts';
import type { Pool } from 'pg';
import { databaseError } from '../database-error.js';
import { RunApprovals } from '../run-approvals.js';

const DEFAULT_PAGE = 50;

/** One look-up in the list for each row of the page. The last three values are those of the cursor. */
const PAGE = `
SELECT a.run_id, a.step, a.requested_at, a.text, a.approvers, a.expires_at, l.summary
FROM aet.run_approval a JOIN aet.run_list l ON l.run_id = a.run_id
WHERE a.open AND l.cell = $1 AND (a.requested_at, a.run_id, a.step) > ($3::timestamptz, $4::text, $5::text)
ORDER BY a.requested_at, a.run_id, a.step LIMIT $2`;

interface Row {
  run_id: string;
  step: string;
  requested_at: Date;
  text: string;
  approvers: string[] | null;
  expires_at: Date | null;
  summary: RunSummary;
}

export class PostgresRunApprovals extends RunApprovals {
  constructor(private readonly pool: Pool) {
    super();
  }

  override async list({ limit = DEFAULT_PAGE, cursor }: ListApprovals, cell: string): Promise<ApprovalPage> {
    const after = cursor === undefined ? ['-infinity', '', ''] : parsed(cursor);
    try {
      const values = [cell, limit + 1, ...after];
      const { rows } = await this.pool.query<Row>({ name: 'aet-list-approvals', text: PAGE, values });
      const approvals = rows.slice(0, limit).map(approvalOf);
      const last = approvals.at(-1);
      return rows.length > limit && last !== undefined ? { approvals, next: cursorAfter(last) } : { approvals };
    } catch (error) {
      throw databaseError(error, 'listing what waits for a decision');
    }
  }
}

const approvalOf = ({
  run_id: runId,
  step,
  requested_at: at,
  text,
  approvers,
  expires_at: end,
  summary,
}: Row): WaitingApproval => ({
  runId,
  step,
  workflow: summary.workflow,
  status: summary.status,
  priority: summary.priority,
  text,
  ...(approvers === null ? {} : { approvers }),
  requestedAt: at.toISOString(),
  ...(end === null ? {} : { expiresAt: end.toISOString() }),
  ...(summary.submittedBy === undefined ? {} : { submittedBy: summary.submittedBy }),
});

/** Opaque to callers. */
const cursorAfter = ({ requestedAt, runId, step }: WaitingApproval): string =>
  Buffer.from(JSON.stringify([requestedAt, runId, step])).toString('base64url');

function parsed(cursor: string): string[] {
  try {
    const parts = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8')) as unknown[];
    const [at, ...rest] = parts;
    if (parts.length === 3 && typeof at === 'string' && rest.every((part) => typeof part === 'string' && !part.includes('\0'))) {
      return [new Date(at).toISOString(), ...(rest as string[])];
    }
  } catch {
    // not one of ours: said below
  }
  throw new ValidationFailed('the cursor is not one that a page gave: leave it out to begin at the oldest', [
    { path: 'cursor', rule: 'cursor', message: 'must be `next` of an earlier page' },
  ]);
}
