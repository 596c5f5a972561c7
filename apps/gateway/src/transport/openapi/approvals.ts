import { ListApprovals, PRIORITIES, RunStatus } from '@aet/contracts';
import type { RouteDoc } from './routes.js';
import { listOf, object, oneOf, ref, type Schema, text, time } from './schema-parts.js';

export const APPROVAL_ROUTES: readonly RouteDoc[] = [
  {
    method: 'get',
    path: '/v1/approvals',
    id: 'listApprovals',
    tag: 'runs',
    summary: 'What waits for a decision in the runs of the cell, the oldest first.',
    query: ListApprovals,
    status: 200,
    reply: 'ApprovalPage',
    refusals: [400, 504],
  },
];

export const approvalSchemas: Record<string, Schema> = {
  WaitingApproval: object({
    runId: text,
    step: text,
    workflow: text,
    status: oneOf(Object.values(RunStatus)),
    priority: oneOf(PRIORITIES),
    text,
    'approvers?': listOf(text),
    requestedAt: time,
    'expiresAt?': time,
    'submittedBy?': text,
  }),
  ApprovalPage: object({ approvals: listOf(ref('WaitingApproval')), 'next?': text }),
};
