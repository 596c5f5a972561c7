import type { AetConfig } from '@aet/config';
import { type LevelWithSilent, type Logger as Pino, pino, stdSerializers } from 'pino';
import { correlation } from './correlation.js';
import { Log, type LogFields, type LoggedError, type LogLevel } from './log.js';
import { type LogDestination, logDestination } from './log-destination.js';
import { errorFromArguments } from './logged-error.js';
import { redact } from './redaction.js';
import { currentTrace } from './trace-context.js';

export interface LogOptions {
  log: AetConfig['log'];
  /** Stand in every line: service, instance, cell, host. `instance` names the file. */
  identity: { service: string; instance: string; cell: string; host: string };
  /** In place of the configured one. */
  destination?: LogDestination;
}
type ErrorListener = (error: LoggedError) => void;

/** The log of a process, with a door for those who pass errors on. */
export class PinoLog extends Log {
  private constructor(
    /** For nestjs-pino. */
    readonly pino: Pino,
    private readonly listeners: Set<ErrorListener>,
    private readonly context: { context?: string },
  ) {
    super();
  }

  static create(options: LogOptions): PinoLog {
    const listeners = new Set<ErrorListener>();
    const destination = options.destination ?? logDestination(options.log, options.identity.instance);
    const { service, instance, cell, host } = options.identity;
    const logger = pino(
      {
        level: options.log.level,
        base: { service, instance, cell, host, pid: process.pid },
        timestamp: () => `,"time":"${new Date().toISOString()}"`,
        formatters: { level: (label) => ({ level: label }), log: (fields) => redact(fields) as Record<string, unknown> },
        serializers: { err: (error: Error) => redact(stdSerializers.errWithCause(error)) },
        mixin: onBehalfOf,
        hooks: {
          logMethod(args, method, level) {
            method.apply(this, args);
            const error = errorFromArguments(args, level);
            if (error !== undefined) tell(listeners, error);
          },
        },
      },
      destination,
    );
    return new PinoLog(logger, listeners, {});
  }

  get level(): LogLevel {
    return this.pino.level as Exclude<LevelWithSilent, 'silent'>;
  }
  set level(level: LogLevel) {
    this.pino.level = level;
  }

  /** Called for each line at `error` or above, after it was written. */
  onError(listener: ErrorListener): void {
    this.listeners.add(listener);
  }

  trace(message: string, fields?: LogFields): void {
    this.pino.trace({ ...this.context, ...fields }, message);
  }
  debug(message: string, fields?: LogFields): void {
    this.pino.debug({ ...this.context, ...fields }, message);
  }
  info(message: string, fields?: LogFields): void {
    this.pino.info({ ...this.context, ...fields }, message);
  }
  warn(message: string, fields?: LogFields): void {
    this.pino.warn({ ...this.context, ...fields }, message);
  }
  error(message: string, fields?: LogFields): void {
    this.pino.error({ ...this.context, ...fields }, message);
  }
  fatal(message: string, fields?: LogFields): void {
    this.pino.fatal({ ...this.context, ...fields }, message);
  }
  for(context: string): PinoLog {
    return new PinoLog(this.pino, this.listeners, { context });
  }
}

function onBehalfOf(): object {
  const work = correlation.current();
  return {
    ...(work === undefined ? {} : { correlationId: work.correlationId }),
    ...(work?.runId === undefined ? {} : { runId: work.runId }),
    ...currentTrace(),
  };
}

/** A listener that throws must not make the line that it was told of fail, nor another error line. */
function tell(listeners: ReadonlySet<ErrorListener>, error: LoggedError): void {
  for (const listener of listeners) {
    try {
      listener(error);
    } catch {
      // It has the log itself to say so.
    }
  }
}
