import {
  PayloadTooLarge,
  type Performer,
  TASK_SCHEMA_VERSION,
  type TaskMessage,
  type TaskResult,
  toErrorBody,
} from '@aet/contracts';
import {
  type AgentDefinition,
  type Ending,
  type ExecutionServices,
  type Executor,
  type ExecutorNews,
  type ResultRecall,
  type Roster,
  runExecutor,
  type Workspaces,
} from '@aet/executors';
import type { Delivery, Outcome } from '@aet/messaging';
import type { AttemptInHand, AttemptsInHand } from './attempts-in-hand.js';
import type { AttemptInquiry, ProgressSink, ResultSink, TaskMetrics } from './ports.js';
import { SavedOutput } from './saved-output.js';
import { outcomeOfLongWaiting } from './long-waiting.js';
import { isSettled } from './settled-task.js';
import { TaskNews } from './task-news.js';

/** A task that names its agent may come to a host without it while another has it: it is offered again so often, and so late (ms). */
const OFFERS_OF_A_NAMED_AGENT = 10;
const OFFER_AGAIN_MS = 300;

export interface HostName {
  cell: string;
  host: string;
  instance: string;
}

/** What a host does its tasks with. */
export interface HostParts {
  roster: Roster;
  executors: ReadonlyMap<string, Executor>;
  services: ExecutionServices;
  results: ResultSink;
  progress: ProgressSink;
  inquiry: AttemptInquiry;
  workspaces: Workspaces;
  attempts: AttemptsInHand;
  /** The cell is joined with others, which may adopt its runs. */
  joined?: boolean;
  recall: Pick<ResultRecall, 'through'>;
  metrics: TaskMetrics;
}

/** An attempt between its begin and its result. */
interface Doing {
  task: TaskMessage;
  agent: AgentDefinition;
  by: Performer;
  startedAt: Date;
  /** Aborted by the host: drain, or the message is lost. */
  signal: AbortSignal;
}
type Result = Exclude<Ending, { status: 'abandoned' | 'unwanted' | 'deferred' }> | { status: 'saved'; saved: unknown };

/** Does one task that was delivered to this host and reports its result to the run's owner. That it is still to be done was found before. */
export class PerformTask {
  constructor(
    private readonly me: HostName,
    private readonly parts: HostParts,
    private readonly clock: () => Date = () => new Date(),
  ) {}

  async perform(delivery: Delivery<TaskMessage>): Promise<Outcome> {
    const task = await this.withSaved(delivery);
    const { roster, attempts, inquiry } = this.parts;
    const late = this.parts.joined === true ? await outcomeOfLongWaiting(inquiry, task, this.clock()) : undefined;
    if (late !== undefined) return late;
    // Its run was stopped while it waited in the queue.
    if (attempts.isDoubtful(task) && (await isSettled(inquiry, task))) return { kind: 'done' };
    const agent = roster.choose(task.capability, task.agent);
    if (agent === undefined) {
      const elsewhere = task.agent !== undefined && delivery.deliveries < OFFERS_OF_A_NAMED_AGENT;
      return elsewhere
        ? { kind: 'retry', afterMs: OFFER_AGAIN_MS, reason: this.lacks(task) }
        : this.refuse(task, delivery.signal);
    }
    const by: Performer = { ...this.me, agent: agent.name };
    return this.carryOut({ task, agent, by, startedAt: this.clock(), signal: delivery.signal });
  }

  /** One that was given out before may have saved something there. */
  private async withSaved({ message, deliveries }: Delivery<TaskMessage>): Promise<TaskMessage> {
    const saved = deliveries === 1 ? undefined : await this.parts.inquiry.savedOf(message, message.cell);
    return saved === undefined ? message : { ...message, saved };
  }

  /** The dead letter is for the operator; the failed result is for the run, which would wait for ever. */
  private async refuse(task: TaskMessage, signal: AbortSignal): Promise<Outcome> {
    const message = this.lacks(task);
    const error = { code: 'ATTEMPT_FAILED', message, retryable: false, details: { deadLetter: 'no-agent' } } as const;
    const by: Performer = { ...this.me, agent: task.agent ?? 'none' };
    await this.report({ task, by, startedAt: this.clock(), signal }, { status: 'failed', error });
    return { kind: 'reject', reason: 'no-agent', message };
  }

  private lacks({ agent, capability }: TaskMessage): string {
    return `no agent${agent === undefined ? '' : ` named "${agent}"`} of host ${this.me.host} has the capability "${capability}"`;
  }

  private async carryOut(doing: Doing): Promise<Outcome> {
    const { task, agent, by, startedAt } = doing;
    const { progress, attempts, recall, metrics } = this.parts;
    using attempt = attempts.begin(task);
    using news = new TaskNews((said) => progress.tell({ ...attemptOf(task), at: this.clock().toISOString(), by, ...said }));
    using saved = new SavedOutput((so) => this.save(doing, so, news));
    const hear = (event: ExecutorNews): void => {
      if (event.kind === 'saved') saved.keep(event.saved);
      else news.say(event);
    };
    const say = (message: string): void => news.say({ kind: 'log', message });
    const ending = await recall.through(task, agent, say, () => this.execute(doing, attempt, hear));
    if (ending.status !== 'unwanted') await saved.flush();
    if (ending.status === 'abandoned') return { kind: 'retry', afterMs: 0, reason: `host ${this.me.host} is stopping` };
    if (ending.status !== 'unwanted' && ending.status !== 'deferred') await this.report(doing, ending);
    news.finished(ending.status);
    metrics.finished(task, agent.name, ending.status, this.clock().getTime() - startedAt.getTime());
    return ending.status === 'deferred' ? { kind: 'done', handedOver: true } : { kind: 'done' };
  }

  private async execute(
    { task, agent, signal: host }: Doing,
    { unwanted }: AttemptInHand,
    hear: (event: ExecutorNews) => void,
  ): Promise<Ending> {
    const { executors, services, workspaces } = this.parts;
    const executor = executors.get(agent.executor);
    if (executor === undefined) {
      const message = `agent ${agent.name} wants the executor "${agent.executor}", which this host does not have`;
      return { status: 'failed', error: { code: 'ATTEMPT_FAILED', message, retryable: false } };
    }
    const { timeoutMs, heartbeatMs, saved } = task;
    const limits = { host, unwanted, timeoutMs, ...(heartbeatMs === undefined ? {} : { heartbeatMs }) };
    const run = (workDir: string): Promise<Ending> =>
      runExecutor(executor, task, { agent, workDir, services, ...(saved === undefined ? {} : { saved }) }, limits, hear);
    if (executor.usesFolder?.(task) === false) return run('');
    const workspace = await workspaces.create(task);
    try {
      return await run(workspace.dir);
    } finally {
      await workspace.dispose();
    }
  }

  /** Never rejects: that it could not be kept costs the next attempt time, and this one nothing. */
  private async save(doing: Doing, saved: unknown, news: TaskNews): Promise<void> {
    try {
      await this.report(doing, { status: 'saved', saved });
    } catch (error) {
      news.say({ kind: 'log', message: `what it has so far could not be kept: ${toErrorBody(error).message}` });
    }
  }

  private async report({ task, by, startedAt, signal }: Omit<Doing, 'agent'>, result: Result): Promise<void> {
    const durationMs = this.clock().getTime() - startedAt.getTime();
    const frame = { ...attemptOf(task), v: TASK_SCHEMA_VERSION, epoch: task.epoch, by, durationMs } as const;
    const whole: TaskResult = { ...frame, startedAt: startedAt.toISOString(), ...result };
    try {
      await this.parts.results.report(whole, task.cell, signal);
    } catch (error) {
      if (!(error instanceof PayloadTooLarge) || result.status === 'saved') throw error;
      const message = `the output of step ${task.step} is too large for a message (${error.message}): store it as an artifact and return a reference`;
      const failed = { status: 'failed', error: { code: error.code, message, retryable: false } } as const;
      await this.parts.results.report({ ...frame, startedAt: whole.startedAt, ...failed }, task.cell, signal);
    }
  }
}

const attemptOf = (task: TaskMessage) => ({
  runId: task.runId,
  step: task.step,
  ...(task.item === undefined ? {} : { item: task.item }),
  attempt: task.attempt,
});
