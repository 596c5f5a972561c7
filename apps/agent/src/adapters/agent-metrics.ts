import type { TaskMessage } from '@aet/contracts';
import type { HeldBack } from '@aet/messaging';
import { counter, Counter, histogram, Histogram, InjectMetric } from '@aet/telemetry';
import { Injectable, type Provider } from '@nestjs/common';
import type { TaskMetrics } from '../application/ports.js';

const TASKS = 'aet_agent_tasks_total';
const SECONDS = 'aet_agent_task_duration_seconds';
const HELD_BACK = 'aet_agent_tasks_held_back_total';

@Injectable()
export class AgentMetrics implements TaskMetrics {
  constructor(
    @InjectMetric(TASKS) private readonly tasks: Counter<'capability' | 'agent' | 'status'>,
    @InjectMetric(SECONDS) private readonly seconds: Histogram<'capability'>,
    @InjectMetric(HELD_BACK) private readonly held: Counter<'capability' | 'reason'>,
  ) {}

  finished({ capability }: TaskMessage, agent: string, status: Parameters<TaskMetrics['finished']>[2], durationMs: number): void {
    this.tasks.inc({ capability, agent, status });
    this.seconds.observe({ capability }, durationMs / 1000);
  }

  heldBack({ capability }: TaskMessage, reason: HeldBack): void {
    this.held.inc({ capability, reason });
  }
}

export const AGENT_METRICS: Provider[] = [
  counter({
    name: TASKS,
    help: 'Attempts that ended here: completed, failed, unwanted (stopped).',
    labelNames: ['capability', 'agent', 'status'],
  }),
  histogram({ name: SECONDS, help: 'Time of an attempt, in seconds.', labelNames: ['capability'] }),
  counter({
    name: HELD_BACK,
    help: 'Deliveries that did not begin here, by reason: paused, rate, not-before, misplaced (offered again), done-before (dropped).',
    labelNames: ['capability', 'reason'],
  }),
  AgentMetrics,
];
