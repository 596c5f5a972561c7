import type { LoggedError } from './log.js';

/** Pino's numbers of the levels. */
const ERROR = 50;
const FATAL = 60;

/** What an error line says, from the arguments of the call: `(fields, message)`, `(error)` or `(message)`. Undefined below `error`. */
export function errorFromArguments(args: readonly unknown[], level: number): LoggedError | undefined {
  if (level < ERROR) return undefined;
  const [first, second] = args;
  const fields = isRecord(first) ? first : {};
  const err = first instanceof Error ? first : (fields['err'] ?? fields['error']);
  const message = [second, first, err instanceof Error ? err.message : undefined].find((text) => typeof text === 'string');
  const code = codeOf(err) ?? codeOf(fields);
  const context = fields['context'];
  return {
    level: level >= FATAL ? 'fatal' : 'error',
    message: message ?? 'an error without a message',
    ...(code === undefined ? {} : { code }),
    ...(err === undefined ? {} : { err }),
    ...(typeof context === 'string' ? { context } : {}),
  };
}

function codeOf(value: unknown): string | undefined {
  const code = isRecord(value) || value instanceof Error ? (value as { code?: unknown }).code : undefined;
  return typeof code === 'string' ? code : undefined;
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !(value instanceof Error) && !Array.isArray(value);
