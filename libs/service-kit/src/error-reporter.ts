import { ErrorCode, type ErrorReport, Severity } from '@aet/contracts';
import type { EventBus } from '@aet/messaging';
import { correlation, type Log, type LoggedError, redactText } from '@aet/telemetry';
import { errorFingerprint } from './error-fingerprint.js';
import type { ServiceIdentity } from './service-identity.js';

/** Reports of one second at most: a loop of errors must not flood the stream. */
const MAX_PER_SECOND = 20;

/** Passes what is logged at `error` or `fatal` on to the error bus. It logs its own failures below `error`: else one would make the next. */
export class ErrorReporter {
  private windowMs = 0;
  private inWindow = 0;
  private readonly pending = new Set<Promise<void>>();

  constructor(
    private readonly bus: EventBus,
    private readonly identity: ServiceIdentity,
    private readonly log: Log,
  ) {}

  tell(logged: LoggedError): void {
    if (!this.hasRoom(performance.now())) return;
    const sending: Promise<void> = this.send(errorReport(logged, this.identity, new Date())).then(
      () => void this.pending.delete(sending),
    );
    this.pending.add(sending);
  }

  /** Resolves when all reports are out, or after the time. */
  async flush(limitMs: number): Promise<void> {
    const limit = AbortSignal.timeout(limitMs);
    await Promise.race([Promise.allSettled(this.pending), new Promise((resolve) => limit.addEventListener('abort', resolve))]);
  }

  private async send(report: ErrorReport): Promise<void> {
    try {
      await this.bus.publishError(report);
    } catch (failure) {
      this.log.debug('an error report was not sent', { err: failure });
    }
  }

  private hasRoom(nowMs: number): boolean {
    if (nowMs - this.windowMs >= 1000) {
      this.windowMs = nowMs;
      this.inWindow = 0;
    }
    this.inWindow += 1;
    return this.inWindow <= MAX_PER_SECOND;
  }
}

function errorReport(error: LoggedError, identity: ServiceIdentity, at: Date): ErrorReport {
  const work = correlation.current();
  const code = error.code ?? ErrorCode.Internal;
  const message = redactText(error.message).slice(0, 2000);
  const stack = error.err instanceof Error ? error.err.stack : undefined;
  return {
    at: at.toISOString(),
    cell: identity.cell,
    host: identity.host,
    service: identity.service,
    instance: identity.instance,
    severity: error.level === 'fatal' ? Severity.Critical : Severity.High,
    code,
    message,
    fingerprint: errorFingerprint({
      service: identity.service,
      code,
      message,
      ...(error.context === undefined ? {} : { context: error.context }),
      ...(stack === undefined ? {} : { stack }),
    }),
    ...(work === undefined ? {} : { correlationId: work.correlationId }),
    ...(work?.runId === undefined ? {} : { runId: work.runId }),
  };
}
