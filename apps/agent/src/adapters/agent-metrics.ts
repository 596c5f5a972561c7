import type { TaskMessage, TaskResult } from '@aet/contracts';
import { counter, Counter, histogram, Histogram, InjectMetric } from '@aet/telemetry';
import { Injectable, type Provider } from '@nestjs/common';
import type { TaskMetrics } from '../application/ports.js';

const TASKS = 'aet_agent_tasks_total';
const SECONDS = 'aet_agent_task_duration_seconds';
const DROPPED = 'aet_agent_tasks_dropped_total';

@Injectable()
export class AgentMetrics implements TaskMetrics {
  constructor(
    @InjectMetric(TASKS) private readonly tasks: Counter<'capability' | 'agent' | 'status'>,
    @InjectMetric(SECONDS) private readonly seconds: Histogram<'capability'>,
    @InjectMetric(DROPPED) private readonly droppedTasks: Counter<'reason'>,
  ) {}

  finished({ capability }: TaskMessage, agent: string, status: TaskResult['status'], durationMs: number): void {
    this.tasks.inc({ capability, agent, status });
    this.seconds.observe({ capability }, durationMs / 1000);
  }

  dropped(_task: TaskMessage, reason: 'finished' | 'superseded'): void {
    this.droppedTasks.inc({ reason });
  }
}

export const AGENT_METRICS: Provider[] = [
  counter({ name: TASKS, help: 'Attempts that ended here.', labelNames: ['capability', 'agent', 'status'] }),
  histogram({ name: SECONDS, help: 'Time of an attempt, in seconds.', labelNames: ['capability'] }),
  counter({ name: DROPPED, help: 'Deliveries that were not repeated because the attempt had ended.', labelNames: ['reason'] }),
  AgentMetrics,
];
