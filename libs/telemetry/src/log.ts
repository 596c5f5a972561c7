export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** `err` is printed with its code, stack and causes. Values under secret names are masked, see `redaction.ts`. */
export interface LogFields {
  err?: unknown;
  [field: string]: unknown;
}

/** What an error line says, for those who want to pass it on. */
export interface LoggedError {
  level: 'error' | 'fatal';
  message: string;
  /** Of the error in `err`, else the field `code`. */
  code?: string;
  err?: unknown;
  /** Class or part that wrote the line. */
  context?: string;
}

/**
 * JSON lines with who wrote them (service, instance, cell, host) and on whose behalf (correlation id, run id, trace ids).
 * Writing never fails and never waits: what cannot be stored goes to standard error.
 * Nest's own `Logger` writes to the same place.
 */
export abstract class Log {
  /** Takes effect at once, for children too. */
  abstract level: LogLevel;
  abstract trace(message: string, fields?: LogFields): void;
  abstract debug(message: string, fields?: LogFields): void;
  abstract info(message: string, fields?: LogFields): void;
  abstract warn(message: string, fields?: LogFields): void;
  abstract error(message: string, fields?: LogFields): void;
  abstract fatal(message: string, fields?: LogFields): void;
  /** The same log for one part: `context` stands in each of its lines. */
  abstract for(context: string): Log;
}
