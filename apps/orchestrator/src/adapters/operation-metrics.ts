import { counter, Counter, InjectMetric } from '@aet/telemetry';
import { Injectable, type Provider } from '@nestjs/common';
import type { ScheduleCounts, ScheduleOutcome } from '../application/fire-schedules.js';

const ACTS = 'aet_orchestrator_operator_acts_total';
const SCHEDULED = 'aet_orchestrator_scheduled_runs_total';

/** What operators did, and what schedules began, on this replica. */
@Injectable()
export class OperationMetrics implements ScheduleCounts {
  constructor(
    @InjectMetric(ACTS) private readonly acts: Counter<'action'>,
    @InjectMetric(SCHEDULED) private readonly scheduled: Counter<'outcome'>,
  ) {}

  readonly act = (action: string): void => this.acts.inc({ action });

  due(outcome: ScheduleOutcome): void {
    this.scheduled.inc({ outcome });
  }
}

export const OPERATION_METRICS: Provider[] = [
  counter({
    name: ACTS,
    help: "Operators' acts as the audit has them, by action; what was refused ends in -refused.",
    labelNames: ['action'],
  }),
  counter({
    name: SCHEDULED,
    help: 'Times of schedules by what came of them: submitted, refused, or delayed because nothing could be submitted then.',
    labelNames: ['outcome'],
  }),
  OperationMetrics,
];
