import {
  type AttemptRef,
  attemptId,
  type Priority,
  RunEventType,
  type StoredRunEvent,
  TASK_SCHEMA_VERSION,
  type TaskMessage,
} from '@aet/contracts';
import { refOf } from '../projection/dispatch.js';
import type { RunOrigin } from './run-origins.js';

export type Scheduled = Extract<StoredRunEvent, { type: typeof RunEventType.AttemptScheduled }>;
export type Submitted = Extract<StoredRunEvent, { type: typeof RunEventType.Submitted }>;

/** The message of an attempt: all of it follows from two events of the log. */
export function taskMessage(
  run: RunOrigin,
  { runId, time, data }: Scheduled,
  { repeated = false, priority = data.priority }: { repeated?: boolean; priority?: Priority } = {},
): TaskMessage {
  return {
    ...refOf(runId, data),
    v: TASK_SCHEMA_VERSION,
    cell: run.cell,
    epoch: run.epoch,
    capability: data.capability,
    ...(data.agent === undefined ? {} : { agent: data.agent }),
    priority,
    input: data.input,
    timeoutMs: data.timeoutMs,
    ...(data.heartbeatMs === undefined ? {} : { heartbeatMs: data.heartbeatMs }),
    ...(data.deadline === undefined ? {} : { deadline: data.deadline }),
    ...(data.placement === undefined ? {} : { placement: data.placement }),
    ...(data.cache === undefined ? {} : { cache: data.cache }),
    ...(data.saved === undefined ? {} : { saved: data.saved }),
    correlationId: run.correlationId,
    workflow: run.workflow,
    scheduledAt: time,
    ...(data.orderKey === undefined ? {} : { orderKey: data.orderKey }),
    ...(repeated ? { repeated } : {}),
  };
}

/** The server drops an id that it knows: what it has lost needs another one, the same in every replica. */
export const dispatchId = (ref: AttemptRef, redispatches: number, move?: string): string =>
  `${attemptId(ref)}${redispatches === 0 ? '' : `:r${redispatches}`}${move === undefined ? '' : `:${move}`}`;
