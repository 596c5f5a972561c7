import {
  type Priority,
  type RunActed,
  type RunEvent,
  RunEventType,
  type RunStatus,
  type RunView,
  type StepView,
  type StoredRunEvent,
  WORKFLOW_API,
  type WorkflowDocument,
} from '@aet/contracts';
import { createHash } from 'node:crypto';

const step = (task: string, needs: string[] = [], more: object = {}): WorkflowDocument['steps'][string] => ({
  task,
  needs,
  ...more,
});

export const REVIEW: WorkflowDocument = {
  api: WORKFLOW_API,
  name: 'review',
  description: 'Reviews a range of a git repository.',
  steps: {
    range: step('git-range'),
    index: step('document-index', ['range'], { map: { over: 'steps.range.batches' } }),
    secrets: step('secret-scan', ['range']),
    contracts: step('contract-guardian', ['range']),
    tests: step('test-runner', ['range']),
    dependencies: step('dependency-audit', ['range']),
    written: step('written-review', ['index', 'secrets', 'contracts', 'tests', 'dependencies'], { when: 'inputs.model' }),
    summary: step('review-summary', ['index', 'secrets', 'contracts', 'tests', 'dependencies', 'written']),
  },
};

const HOSTS = ['mainpc', 'pc2'] as const;

/** A run whose log a test writes, one event after another, and whose view follows from it. */
export class ScriptedRun {
  readonly events: StoredRunEvent[] = [];
  protected readonly steps = new Map<string, StepView>();
  protected status: RunStatus = 'running';
  protected priority: Priority = 'normal';
  private output: unknown;
  protected error: RunView['error'];

  constructor(
    readonly runId: string,
    readonly cell: string,
    protected time: Date,
    readonly inputs: Record<string, unknown> = { repo: '.', range: 'HEAD~12..HEAD' },
  ) {
    for (const [name, s] of Object.entries(REVIEW.steps)) {
      this.steps.set(name, { name, kind: 'task', task: s.task ?? '', needs: s.needs ?? [], status: 'waiting', attempts: 0 });
    }
    this.append({
      type: RunEventType.Submitted,
      data: {
        workflow: REVIEW,
        workflowHash: '0'.repeat(64),
        inputs,
        priority: 'normal',
        durability: 'strict',
        correlationId: runId,
        cell,
        epoch: 1,
        submittedBy: 'test',
      },
    });
  }

  at(name: string): StepView {
    const found = this.steps.get(name);
    if (found === undefined) throw new Error(`the script has no step ${name}`);
    return found;
  }

  wait(ms: number): this {
    this.time = new Date(this.time.getTime() + ms);
    return this;
  }

  expand(name: string, items: number): this {
    this.at(name).items = { total: items, done: 0 };
    return this.append({ type: RunEventType.StepExpanded, data: { step: name, items } });
  }

  schedule(name: string, item?: number): this {
    const view = this.at(name);
    Object.assign(view, { status: 'running', startedAt: view.startedAt ?? this.time.toISOString() });
    if (item === undefined || item === 0) view.attempts += 1;
    const place = { step: name, attempt: view.attempts, ...(item === undefined ? {} : { item }) };
    const retry = { attempts: 3, initialMs: 1000, maxMs: 30_000 };
    return this.append({
      type: RunEventType.AttemptScheduled,
      data: { ...place, capability: view.task, input: {}, priority: 'normal', timeoutMs: 60_000, retry },
    });
  }

  complete(name: string, output: unknown = {}, item?: number): this {
    const view = this.at(name);
    if (view.items !== undefined) view.items.done += 1;
    if (view.items === undefined || view.items.done === view.items.total) {
      Object.assign(view, { status: 'completed', output, by: this.by(name, item), finishedAt: this.time.toISOString() });
    }
    const place = { step: name, attempt: view.attempts, ...(item === undefined ? {} : { item }) };
    return this.append({
      type: RunEventType.AttemptCompleted,
      data: { ...place, output, by: this.by(name, item), durationMs: 1234 },
    });
  }

  fail(name: string, message: string, last: boolean): this {
    const view = this.at(name);
    const error = { code: 'ATTEMPT_FAILED', message, retryable: !last };
    if (last) Object.assign(view, { status: 'failed', error, by: this.by(name), finishedAt: this.time.toISOString() });
    return this.append({
      type: RunEventType.AttemptFailed,
      data: { step: name, attempt: view.attempts, error, by: this.by(name), durationMs: 900 },
    });
  }

  skip(name: string, reason: string): this {
    this.at(name).status = 'skipped';
    return this.append({ type: RunEventType.StepSkipped, data: { step: name, reason } });
  }

  finish(output: unknown): this {
    this.status = 'completed';
    this.output = output;
    return this.append({ type: RunEventType.Completed, data: { output } });
  }

  giveUp(stepName: string, message: string): this {
    this.status = 'failed';
    this.error = { code: 'ATTEMPT_FAILED', message, retryable: false };
    return this.append({ type: RunEventType.Failed, data: { error: this.error, step: stepName } });
  }

  /** What an operator says to it. Undefined: it does not listen. */
  told(_word: string, _request: object): RunActed | undefined {
    return undefined;
  }

  view(): RunView {
    const of = (type: string): number => this.events.filter((e) => e.type === type).length;
    return {
      runId: this.runId,
      workflow: REVIEW.name,
      status: this.status,
      priority: this.priority,
      submittedBy: 'anna',
      lane: 'parallel',
      cell: this.cell,
      correlationId: this.runId,
      submittedAt: this.events[0]?.time ?? this.time.toISOString(),
      updatedAt: this.events.at(-1)?.time ?? this.time.toISOString(),
      attempts: {
        scheduled: of(RunEventType.AttemptScheduled),
        completed: of(RunEventType.AttemptCompleted),
        failed: of(RunEventType.AttemptFailed),
      },
      inputs: this.inputs,
      steps: [...this.steps.values()].map((s) => structuredClone(s)),
      ...(this.output === undefined ? {} : { output: this.output }),
      ...(this.error === undefined ? {} : { error: this.error }),
    };
  }

  by(name: string, item = 0): { cell: string; host: string; instance: string; agent: string } {
    const host = HOSTS[(name.length + item) % 2] ?? 'mainpc';
    return { cell: this.cell, host, instance: `agent-${host.slice(0, 4)}0000`, agent: this.at(name).task };
  }

  protected append(event: RunEvent): this {
    const sequence = this.events.length + 1;
    const hash = createHash('sha256').update(`${this.runId}${sequence}`).digest('hex');
    this.events.push({ ...event, runId: this.runId, sequence, time: this.time.toISOString(), hash });
    return this;
  }
}
