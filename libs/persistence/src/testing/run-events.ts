import { type Performer, Priority, type RunEvent, RunEventType, WORKFLOW_API } from '@aet/contracts';

type DataOf<T extends RunEvent['type']> = Extract<RunEvent, { type: T }>['data'];

const PERFORMER: Performer = { cell: 'mainpc', host: 'mainpc', instance: 'agent-00000001', agent: 'tester' };

/** Events with sensible contents, for tests. */
export const submitted = (data: Partial<DataOf<typeof RunEventType.Submitted>> = {}): RunEvent => ({
  type: RunEventType.Submitted,
  data: {
    workflow: { api: WORKFLOW_API, name: 'review', steps: { scan: { task: 'secret-scan' } } },
    workflowHash: 'ab'.repeat(32),
    inputs: {},
    priority: Priority.Normal,
    durability: 'strict',
    correlationId: 'correlation',
    cell: 'mainpc',
    epoch: 1,
    submittedBy: 'test',
    ...data,
  },
});

export const scheduled = (
  step: string,
  attempt = 1,
  data: Partial<DataOf<typeof RunEventType.AttemptScheduled>> = {},
): RunEvent => ({
  type: RunEventType.AttemptScheduled,
  data: {
    step,
    attempt,
    capability: 'secret-scan',
    input: { of: step },
    priority: Priority.Normal,
    timeoutMs: 60_000,
    retry: { attempts: 3, initialMs: 100, maxMs: 1_000 },
    ...data,
  },
});

export const completed = (step: string, attempt = 1, item?: number): RunEvent => ({
  type: RunEventType.AttemptCompleted,
  data: { step, ...(item === undefined ? {} : { item }), attempt, output: { done: step }, by: PERFORMER, durationMs: 5 },
});

export const failed = (step: string, attempt = 1, item?: number): RunEvent => ({
  type: RunEventType.AttemptFailed,
  data: {
    step,
    ...(item === undefined ? {} : { item }),
    attempt,
    error: { code: 'ATTEMPT_FAILED', message: 'no', retryable: true },
    by: PERFORMER,
    durationMs: 5,
  },
});

export const runCompleted = (output: unknown = null): RunEvent => ({ type: RunEventType.Completed, data: { output } });
export const runFailed = (message = 'no'): RunEvent => ({
  type: RunEventType.Failed,
  data: { error: { code: 'ATTEMPT_FAILED', message, retryable: false } },
});
