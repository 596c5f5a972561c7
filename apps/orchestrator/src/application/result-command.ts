import { type ErrorBody, ErrorCode, RUN_ID, TASK_SCHEMA_VERSION, type TaskResult } from '@aet/contracts';
import { type Complete, type Fail, type Save, isPayload, PAYLOAD_LIMIT_BYTES } from '@aet/runs';
import type { RefusalReason } from './ports.js';

/** Why a message cannot be a result at all; undefined: it can. It came over the wire: nothing of its type is certain yet. */
export function refusalOf(message: unknown): RefusalReason | undefined {
  if (!isRecord(message)) return 'malformed';
  if (message['v'] !== TASK_SCHEMA_VERSION) return 'unsupported-version';
  const { runId, step, item, attempt, by, status, error } = message;
  const refers = typeof runId === 'string' && RUN_ID.test(runId) && typeof step === 'string' && Number.isSafeInteger(attempt);
  const sound = refers && (item === undefined || Number.isSafeInteger(item)) && isRecord(by);
  return sound && (status === 'completed' || status === 'saved' || (status === 'failed' && isErrorBody(error)))
    ? undefined
    : 'malformed';
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

const isErrorBody = (value: unknown): boolean =>
  isRecord(value) &&
  typeof value['code'] === 'string' &&
  typeof value['message'] === 'string' &&
  typeof value['retryable'] === 'boolean';

/** What a result asks of its run. One too large to be kept is a failure that says so: repeating it would not make it smaller. */
export function commandOf(result: TaskResult): Complete | Fail | Save {
  const { step, item, attempt, by, durationMs, usage } = result;
  const place = { step, ...(item === undefined ? {} : { item }), attempt, by };
  if (result.status === 'saved') return { kind: 'save', ...place, saved: result.saved };
  const end = {
    ...place,
    durationMs,
    ...(usage === undefined ? {} : { usage }),
  };
  if (result.status === 'failed') return { kind: 'fail', ...end, error: kept(result.error) };
  if (isPayload(result.output)) {
    const { output, cached } = result;
    return { kind: 'complete', ...end, output: output ?? null, ...(cached === undefined ? {} : { cached }) };
  }
  return { kind: 'fail', ...end, error: tooLarge(step) };
}

const kept = ({ code, message, retryable, details }: ErrorBody): ErrorBody => ({
  code,
  message: message.slice(0, 10_000),
  retryable,
  ...(details === undefined || !isPayload(details) ? {} : { details }),
});

const tooLarge = (step: string): ErrorBody => ({
  code: ErrorCode.PayloadTooLarge,
  message: `the output of step "${step}" is larger than ${PAYLOAD_LIMIT_BYTES} bytes: let the task store an artifact and return its name`,
  retryable: false,
});
