import { type RunEvent, RunEventType, type Usage } from '@aet/contracts';
import { counter, Counter, histogram, Histogram, InjectMetric } from '@aet/telemetry';
import { Injectable, type Provider } from '@nestjs/common';
import { type RefusalReason, RunMetrics } from '../application/ports.js';

const RUNS = 'aet_orchestrator_runs_total';
const STEPS = 'aet_orchestrator_attempts_total';
const COST = 'aet_orchestrator_model_cost_usd_total';
const SAVED = 'aet_orchestrator_model_saved_usd_total';
const APPEND_SECONDS = 'aet_orchestrator_append_duration_seconds';
const CONFLICTS = 'aet_orchestrator_append_conflicts_total';
const REFUSED = 'aet_orchestrator_results_refused_total';

const RUN_EVENT: Partial<Record<RunEvent['type'], string>> = {
  [RunEventType.Submitted]: 'submitted',
  [RunEventType.Completed]: 'completed',
  [RunEventType.Failed]: 'failed',
  [RunEventType.Cancelled]: 'cancelled',
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
    @InjectMetric(COST) private readonly cost: Counter<'way'>,
    @InjectMetric(SAVED) private readonly saved: Counter,
    @InjectMetric(APPEND_SECONDS) private readonly append: Histogram,
    @InjectMetric(CONFLICTS) private readonly conflicts: Counter,
    @InjectMetric(REFUSED) private readonly refusals: Counter<'reason'>,
  ) {
    super();
  }

  appended(events: readonly RunEvent[], ms: number): void {
    this.append.observe(ms / 1000);
    for (const event of events) {
      const { type } = event;
      if (type === RunEventType.AttemptCompleted || type === RunEventType.AttemptFailed) this.spent(event.data.usage);
      const run = RUN_EVENT[type];
      if (run !== undefined) this.runs.inc({ event: run });
      const attempt = ATTEMPT_EVENT[type];
      if (attempt !== undefined) this.attempts.inc({ event: attempt });
    }
  }

  private spent({ costUsd = 0, listCostUsd }: Usage = {}): void {
    if (costUsd > 0) this.cost.inc({ way: listCostUsd === undefined ? 'single' : 'batch' }, costUsd);
    if (listCostUsd !== undefined) this.saved.inc(listCostUsd - costUsd);
  }

  conflict(): void {
    this.conflicts.inc();
  }

  refused(reason: RefusalReason): void {
    this.refusals.inc({ reason });
  }
}

export const ORCHESTRATOR_METRICS: Provider[] = [
  counter({ name: RUNS, help: 'Runs by what happened to them: submitted, completed, failed, cancelled.', labelNames: ['event'] }),
  counter({
    name: STEPS,
    help: 'Attempts of steps by what happened to them: scheduled, completed, failed.',
    labelNames: ['event'],
  }),
  counter({ name: COST, help: 'What models have cost in US dollars, by way: single, batch.', labelNames: ['way'] }),
  counter({ name: SAVED, help: 'What batches have saved against single requests, in US dollars.' }),
  histogram({ name: APPEND_SECONDS, help: 'Time of an append to the run log until it is committed, in seconds.' }),
  counter({ name: CONFLICTS, help: 'Appends that another replica was ahead of.' }),
  counter({ name: REFUSED, help: 'Results that were not taken into a run, by reason.', labelNames: ['reason'] }),
  { provide: RunMetrics, useClass: OrchestratorMetrics },
];
