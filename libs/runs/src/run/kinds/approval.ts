import { parseDuration, type RunEvent, RunEventType } from '@aet/contracts';
import type { Situation } from '../situation.js';
import type { StepScope } from '../step-scope.js';

/** Who decided when nobody did in time. */
const NOBODY = 'timeout';

export function requestApproval({ name, declared, circumstances }: Situation, scope: StepScope): RunEvent[] {
  const { text = `Shall "${name}" go on?`, approvers, timeout, onTimeout = 'reject' } = declared.approval ?? {};
  const shown = scope.render(text);
  const expiry =
    timeout === undefined
      ? {}
      : { expiresAt: new Date(circumstances.now.getTime() + parseDuration(timeout)).toISOString(), onExpiry: onTimeout };
  const data = {
    step: name,
    text: typeof shown === 'string' ? shown : JSON.stringify(shown),
    ...(approvers === undefined ? {} : { approvers }),
    ...expiry,
  };
  return [{ type: RunEventType.ApprovalRequested, data }];
}

/** Nobody decided in time. */
export function expireApproval({ name, step, circumstances }: Situation): RunEvent[] {
  const { expiresAt, onExpiry } = step.approval ?? {};
  if (step.status !== 'running' || expiresAt === undefined || Date.parse(expiresAt) > circumstances.now.getTime()) return [];
  const data = { step: name, approved: onExpiry === 'approve', by: NOBODY, expired: true } as const;
  return [{ type: RunEventType.ApprovalDecided, data }];
}
