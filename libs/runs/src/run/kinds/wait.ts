import { ErrorCode, parseDuration, type RunEvent, RunEventType, WorkflowInvalid } from '@aet/contracts';
import type { Situation } from '../situation.js';
import type { StepScope } from '../step-scope.js';

export function beginWait({ name, declared, circumstances }: Situation, scope: StepScope): RunEvent[] {
  const { for: time, until, signal, timeout } = declared.wait ?? {};
  const after = (text: string): string => new Date(circumstances.now.getTime() + parseDuration(text)).toISOString();
  const data = { step: name, ...(signal === undefined ? {} : { signal }) };
  const duration = signal === undefined ? time : timeout;
  const end = until === undefined ? duration && after(duration) : momentOf(name, scope.render(until));
  return [{ type: RunEventType.WaitBegun, data: { ...data, ...(end === undefined ? {} : { until: end }) } }];
}

function momentOf(name: string, value: unknown): string {
  const ms = typeof value === 'string' && /^\d{4}-\d\d-\d\dT/.test(value) ? Date.parse(value) : Number.NaN;
  if (Number.isNaN(ms)) {
    throw new WorkflowInvalid(
      `step "${name}": wait.until must give a time such as 2026-01-01T00:00:00Z, and gives ${JSON.stringify(value)?.slice(0, 100)}`,
    );
  }
  return new Date(ms).toISOString();
}

/** The end of a wait whose signal is there, or whose time has come. */
export function endWait({ state, name, step, circumstances }: Situation): RunEvent[] {
  const { until, signal } = step.wait ?? {};
  if (step.wait === undefined || step.status !== 'running') return [];
  const came =
    signal === undefined ? undefined : state.signals.find((kept) => kept.name === signal && kept.takenBy === undefined);
  if (came !== undefined) {
    const data = { step: name, by: 'signal', signalId: came.id, output: came.payload ?? null } as const;
    return [{ type: RunEventType.WaitEnded, data }];
  }
  if (until === undefined || Date.parse(until) > circumstances.now.getTime()) return [];
  if (signal === undefined) return [{ type: RunEventType.WaitEnded, data: { step: name, by: 'timer', output: null } }];
  const message = `step "${name}" waited for the signal "${signal}" until ${until}, and it did not come`;
  const error = { code: ErrorCode.DeadlinePassed, message, retryable: false };
  return [{ type: RunEventType.StepFailed, data: { step: name, error } }];
}
