import { type AetError, type AttemptRef, ResourceExhausted, Stream, attemptId } from '@aet/contracts';
import type { RelayListener, SweepRound } from '@aet/persistence';
import { counter, Counter, histogram, Histogram, InjectMetric, Log } from '@aet/telemetry';
import { Injectable, type Provider } from '@nestjs/common';
import { FailAttempt } from '../application/fail-attempt.js';
import { WorkRoom } from '../application/work-room.js';

const DELAY_SECONDS = 'aet_orchestrator_dispatch_delay_seconds';
const REDISPATCHED = 'aet_orchestrator_tasks_redispatched_total';

/** Makes metrics and log lines of what relay and sweeper tell, and fails an attempt that cannot be delivered. */
@Injectable()
export class RelayObserver implements RelayListener {
  constructor(
    @InjectMetric(DELAY_SECONDS) private readonly delay: Histogram,
    @InjectMetric(REDISPATCHED) private readonly redispatched: Counter,
    private readonly fail: FailAttempt,
    private readonly log: Log,
    private readonly room: WorkRoom,
  ) {}

  taskPublished(ref: AttemptRef, news: { redispatch: number; duplicate: boolean; afterMs: number }): void {
    this.delay.observe(Math.max(0, news.afterMs) / 1000);
    if (news.redispatch === 0) return;
    this.redispatched.inc();
    this.log.warn('a task that the stream had lost was published again', {
      attempt: attemptId(ref),
      redispatch: news.redispatch,
    });
  }

  undeliverable(ref: AttemptRef, error: AetError): void {
    this.log.error('a task cannot be delivered', { attempt: attemptId(ref), err: error });
    // When the log is away the attempt stays open, and the sweeper comes by here again.
    this.fail
      .execute(ref, { ...error.toBody(), retryable: false })
      .catch((cause: unknown) =>
        this.log.warn('an undeliverable attempt could not be ended yet', { attempt: attemptId(ref), err: cause }),
      );
  }

  retrying(what: string, error: unknown, waitMs: number): void {
    if (error instanceof ResourceExhausted && what.startsWith('publishing task')) this.room.refused(Stream.Tasks);
    this.log.warn(`${what} did not work and is tried again`, { waitMs, err: error });
  }

  swept(round: SweepRound): void {
    const { waiting: _, ...missing } = round;
    if (Object.values(missing).some((count) => count > 0))
      this.log.info('the sweeper found what was not published', { ...round });
  }
}

export const RELAY_OBSERVER: Provider[] = [
  histogram({ name: DELAY_SECONDS, help: 'Time from when a task was due until the stream had it, in seconds.' }),
  counter({ name: REDISPATCHED, help: 'Tasks that the stream had lost and that were published again.' }),
  RelayObserver,
];
