import type { UnsupportedVersion } from '@aet/contracts';
import { HealthBoard } from '@aet/service-kit';
import { counter, Counter, InjectMetric, Log } from '@aet/telemetry';
import { Injectable, type Provider } from '@nestjs/common';

const UNSUPPORTED = 'aet_orchestrator_unsupported_runs_total';
/** Runs that are remembered, so that each is counted and logged once. */
const REMEMBERED = 10_000;

/** Tells operators of runs that a newer version wrote to, and that this replica leaves alone: a rollout is under way, or was left half done. */
@Injectable()
export class UnsupportedRuns {
  private readonly seen = new Set<string>();

  constructor(
    @InjectMetric(UNSUPPORTED) private readonly count: Counter,
    private readonly health: HealthBoard,
    private readonly log: Log,
  ) {}

  readonly noted = (runId: string, error: UnsupportedVersion): void => {
    if (this.seen.has(runId) || this.seen.size >= REMEMBERED) return;
    this.seen.add(runId);
    this.count.inc();
    this.log.warn('a run was left to replicas of a newer version', { runId, err: error });
    this.health.report(
      'versions',
      `${this.seen.size} runs are for replicas of a newer version, and this one leaves them alone: finish the rollout. The last one: ${error.message}`,
    );
  };
}

export const UNSUPPORTED_RUNS: Provider[] = [
  counter({ name: UNSUPPORTED, help: 'Runs that a newer version of AET wrote to, and that this replica leaves to others.' }),
  UnsupportedRuns,
];
