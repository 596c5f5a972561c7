import { TASK_SCHEMA_VERSION, type TaskMessage, type TaskResult } from '@aet/contracts';
import type { Refusal } from './dead-letter.js';
import type { StreamMessage } from './stream-message.js';

export type Decoded<T> = { message: T } | { refusal: Refusal };

export const decodeTask = (message: StreamMessage): Decoded<TaskMessage> =>
  decode<TaskMessage>(message, 'task', (body) => typeof body['capability'] === 'string' && typeof body['timeoutMs'] === 'number');

export const decodeResult = (message: StreamMessage): Decoded<TaskResult> =>
  decode<TaskResult>(message, 'result', (body) => typeof body['status'] === 'string' && ENDS.includes(body['status']));

const ENDS: readonly string[] = ['completed', 'failed', 'saved'] satisfies TaskResult['status'][];

/** Checks what a receiver relies on before it looks closer. A higher version is another host's to read, not damaged. */
function decode<T>(message: StreamMessage, kind: string, hasShape: (body: Record<string, unknown>) => boolean): Decoded<T> {
  const body = parse(message);
  if (body === undefined) return { refusal: { reason: 'poison', message: `the ${kind} is not a JSON object` } };
  const version = body['v'];
  if (typeof version === 'number' && version > TASK_SCHEMA_VERSION) {
    return {
      refusal: {
        reason: 'unsupported-version',
        message: `the ${kind} has schema version ${version}, and this host knows ${TASK_SCHEMA_VERSION}: update the host`,
      },
    };
  }
  const isAttempt = typeof body['runId'] === 'string' && typeof body['step'] === 'string' && Number.isInteger(body['attempt']);
  if (version !== TASK_SCHEMA_VERSION || !isAttempt || !hasShape(body)) {
    return { refusal: { reason: 'poison', message: `the ${kind} lacks fields that every ${kind} has` } };
  }
  return { message: body as T };
}

function parse(message: StreamMessage): Record<string, unknown> | undefined {
  try {
    const value = message.json();
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
