import { type RunEvent, RunEventType } from '@aet/contracts';
import { counter, Counter, histogram, Histogram, InjectMetric } from '@aet/telemetry';
import { Injectable, type Provider } from '@nestjs/common';
import { type RefusalReason, RunMetrics } from '../application/ports.js';

const RUNS = 'aet_orchestrator_runs_total';
const STEPS = 'aet_orchestrator_attempts_total';
const APPEND_SECONDS = 'aet_orchestrator_append_duration_seconds';
const CONFLICTS = 'aet_orchestrator_append_conflicts_total';
const REFUSED = 'aet_orchestrator_results_refused_total';

const RUN_EVENT: Partial<Record<RunEvent['type'], string>> = {
  [RunEventType.Submitted]: 'submitted',
  [RunEventType.Completed]: 'completed',
  [RunEventType.Failed]: 'failed',
};
const ATTEMPT_EVENT: Partial<Record<RunEvent['type'], string>> = {
  [RunEventType.AttemptScheduled]: 'scheduled',
  [RunEventType.AttemptCompleted]: 'completed',
  [RunEventType.AttemptFailed]: 'failed',
};

/** Counts what this replica committed: the sum over replicas is what happened, as the log takes each event once. */
@Injectable()
class OrchestratorMetrics extends RunMetrics {
  constructor(
    @InjectMetric(RUNS) private readonly runs: Counter<'event'>,
    @InjectMetric(STEPS) private readonly attempts: Counter<'event'>,
    @InjectMetric(APPEND_SECONDS) private readonly append: Histogram,
    @InjectMetric(CONFLICTS) private readonly conflicts: Counter,
    @InjectMetric(REFUSED) private readonly refusals: Counter<'reason'>,
  ) {
    super();
  }

  appended(events: readonly RunEvent[], ms: number): void {
    this.append.observe(ms / 1000);
    for (const { type } of events) {
      const run = RUN_EVENT[type];
      if (run !== undefined) this.runs.inc({ event: run });
      const attempt = ATTEMPT_EVENT[type];
      if (attempt !== undefined) this.attempts.inc({ event: attempt });
    }
  }

  conflict(): void {
    this.conflicts.inc();
  }

  refused(reason: RefusalReason): void {
    this.refusals.inc({ reason });
  }
}

export const ORCHESTRATOR_METRICS: Provider[] = [
  counter({ name: RUNS, help: 'Runs by what happened to them: submitted, completed, failed.', labelNames: ['event'] }),
  counter({
    name: STEPS,
    help: 'Attempts of steps by what happened to them: scheduled, completed, failed.',
    labelNames: ['event'],
  }),
  histogram({ name: APPEND_SECONDS, help: 'Time of an append to the run log until it is committed, in seconds.' }),
  counter({ name: CONFLICTS, help: 'Appends that another replica was ahead of.' }),
  counter({ name: REFUSED, help: 'Results that were not taken into a run, by reason.', labelNames: ['reason'] }),
  { provide: RunMetrics, useClass: OrchestratorMetrics },
];
