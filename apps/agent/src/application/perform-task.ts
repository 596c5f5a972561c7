import { PayloadTooLarge, type Performer, TASK_SCHEMA_VERSION, type TaskMessage, type TaskResult } from '@aet/contracts';
import {
  type AgentDefinition,
  type Ending,
  type ExecutionServices,
  type Executor,
  type Roster,
  runExecutor,
  type Workspaces,
} from '@aet/executors';
import type { Delivery, Outcome } from '@aet/messaging';
import type { ProgressSink, ResultSink, TaskMetrics } from './ports.js';
import { TaskNews } from './task-news.js';

/** A task that names its agent may come to a host without it while another has it: it is offered again so often, and so late (ms). */
const OFFERS_OF_A_NAMED_AGENT = 10;
const OFFER_AGAIN_MS = 300;

export interface HostName {
  cell: string;
  host: string;
  instance: string;
}

/** Does one task that was delivered to this host and reports its result to the run's owner. That it is still to be done was found before. */
export class PerformTask {
  constructor(
    private readonly me: HostName,
    private readonly roster: Roster,
    private readonly executors: ReadonlyMap<string, Executor>,
    private readonly services: ExecutionServices,
    private readonly results: ResultSink,
    private readonly progress: ProgressSink,
    private readonly workspaces: Workspaces,
    private readonly metrics: TaskMetrics,
    private readonly clock: () => Date = () => new Date(),
  ) {}

  async perform(delivery: Delivery<TaskMessage>): Promise<Outcome> {
    const task = delivery.message;
    const agent = this.roster.choose(task.capability, task.agent);
    if (agent === undefined) {
      const elsewhere = task.agent !== undefined && delivery.deliveries < OFFERS_OF_A_NAMED_AGENT;
      return elsewhere
        ? { kind: 'retry', afterMs: OFFER_AGAIN_MS, reason: this.lacks(task) }
        : this.refuse(task, delivery.signal);
    }
    return this.carryOut(task, agent, delivery.signal);
  }

  /** The dead letter is for the operator; the failed result is for the run, which would wait for ever. */
  private async refuse(task: TaskMessage, signal: AbortSignal): Promise<Outcome> {
    const message = this.lacks(task);
    const error = { code: 'ATTEMPT_FAILED', message, retryable: false, details: { deadLetter: 'no-agent' } } as const;
    const by: Performer = { ...this.me, agent: task.agent ?? 'none' };
    const startedAt = this.clock().toISOString();
    await this.report(task, { status: 'failed', error, by, startedAt, durationMs: 0 }, signal);
    return { kind: 'reject', reason: 'no-agent', message };
  }

  private lacks({ agent, capability }: TaskMessage): string {
    return `no agent${agent === undefined ? '' : ` named "${agent}"`} of host ${this.me.host} has the capability "${capability}"`;
  }

  private async carryOut(task: TaskMessage, agent: AgentDefinition, signal: AbortSignal): Promise<Outcome> {
    const by: Performer = { ...this.me, agent: agent.name };
    const startedAt = this.clock();
    using news = new TaskNews((said) => this.progress.tell({ ...attemptOf(task), at: this.clock().toISOString(), by, ...said }));
    const ending = await this.execute(task, agent, news, signal);
    if (ending.status === 'abandoned') return { kind: 'retry', afterMs: 0, reason: `host ${this.me.host} is stopping` };
    const durationMs = this.clock().getTime() - startedAt.getTime();
    await this.report(task, { ...ending, by, startedAt: startedAt.toISOString(), durationMs }, signal);
    news.finished(ending.status);
    this.metrics.finished(task, agent.name, ending.status, durationMs);
    return { kind: 'done' };
  }

  private async execute(task: TaskMessage, agent: AgentDefinition, news: TaskNews, host: AbortSignal): Promise<Ending> {
    const executor = this.executors.get(agent.executor);
    if (executor === undefined) {
      const message = `agent ${agent.name} wants the executor "${agent.executor}", which this host does not have`;
      return { status: 'failed', error: { code: 'ATTEMPT_FAILED', message, retryable: false } };
    }
    const run = (workDir: string): Promise<Ending> =>
      runExecutor(executor, task, { agent, workDir, services: this.services }, { host, timeoutMs: task.timeoutMs }, (event) =>
        news.say(event),
      );
    if (executor.usesFolder?.(task) === false) return run('');
    const workspace = await this.workspaces.create(task);
    try {
      return await run(workspace.dir);
    } finally {
      await workspace.dispose();
    }
  }

  private async report(
    task: TaskMessage,
    ended: Exclude<Ending, { status: 'abandoned' }> & Pick<TaskResult, 'by' | 'startedAt' | 'durationMs'>,
    signal: AbortSignal,
  ): Promise<void> {
    const frame = { ...attemptOf(task), v: TASK_SCHEMA_VERSION, epoch: task.epoch } as const;
    try {
      await this.results.report({ ...frame, ...ended }, task.cell, signal);
    } catch (error) {
      if (!(error instanceof PayloadTooLarge)) throw error;
      const { by, startedAt, durationMs } = ended;
      const message = `the output of step ${task.step} is too large for a message (${error.message}): store it as an artifact and return a reference`;
      const failed = { status: 'failed', error: { code: error.code, message, retryable: false } } as const;
      await this.results.report({ ...frame, ...failed, by, startedAt, durationMs }, task.cell, signal);
    }
  }
}

const attemptOf = (task: TaskMessage) => ({
  runId: task.runId,
  step: task.step,
  ...(task.item === undefined ? {} : { item: task.item }),
  attempt: task.attempt,
});
