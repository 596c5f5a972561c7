import {
  type AttemptScheduled,
  AttemptFailed,
  type ChildRequested,
  ErrorCode,
  type ErrorBody,
  isRunEnded,
  RunStatus,
  type StoredRunEvent,
  toErrorBody,
  type WorkflowDocument,
} from '@aet/contracts';
import { nextTickAt } from '../run/due.js';
import type { RunState } from '../run/run-state.js';
import type { EndChild } from '../run/run.commands.js';
import { isOpenStep, stepOf, taskOf } from '../run/step-state.js';
import { BY, RunSimulator } from './run-simulator.js';

/** What an answer is given to. */
export interface Call {
  step: string;
  item?: number;
  attempt: number;
  input: unknown;
  /** What the attempt before had saved. */
  saved?: unknown;
}
/** The output; or a function that gives it, or throws: an `AetError` as it is, any other as a failure that another attempt may mend. */
export type Answer = unknown;

export interface Answers {
  /** By capability. */
  tasks?: Record<string, Answer>;
  /** By the step that asks. Absent: nobody decides, and the approval runs out. */
  approvals?: Record<string, boolean | { approved: boolean; by?: string; reason?: string }>;
  /** By the signal's name: its payloads, sent one by one when a step waits for it. */
  signals?: Record<string, readonly unknown[]>;
  /** Workflows that can be called; their tasks have the same answers. */
  library?: Record<string, WorkflowDocument>;
}

export interface Simulated {
  state: RunState;
  log: readonly StoredRunEvent[];
  /** Every attempt that was answered, in order. */
  calls: readonly (Call & { capability: string })[];
  /** Sub-runs that were begun, in order. */
  children: readonly Simulated[];
}

/** Takes a run to its end with given answers. Its clock goes on when nothing else can: no wait takes time. @throws {Error} when the run cannot end so. */
export function simulate(document: WorkflowDocument, inputs: Record<string, unknown>, answers: Answers = {}): Simulated {
  return new Simulation(document, inputs, answers).play();
}

type Attempt = AttemptScheduled | ChildRequested;

class Simulation {
  private readonly run: RunSimulator;
  private readonly calls: (Call & { capability: string })[] = [];
  private readonly children: Simulated[] = [];
  private readonly signals: Record<string, unknown[]>;
  private answered = 0;

  constructor(
    document: WorkflowDocument,
    inputs: Record<string, unknown>,
    private readonly answers: Answers,
  ) {
    this.run = new RunSimulator(document, inputs);
    this.signals = Object.fromEntries(Object.entries(answers.signals ?? {}).map(([name, payloads]) => [name, [...payloads]]));
  }

  play(): Simulated {
    while (!isRunEnded(this.run.state.status)) {
      if (!this.answerNext() && !this.decideNext() && !this.signalNext()) this.letTimePass();
    }
    const { state, log } = this.run;
    return { state, log, calls: this.calls, children: this.children };
  }

  /** The oldest attempt that is awaited: true when there was one. */
  private answerNext(): boolean {
    for (; this.answered < this.run.log.length; this.answered++) {
      const event = this.run.log[this.answered];
      if (event?.type !== 'attempt.scheduled' && event?.type !== 'child.requested') continue;
      if (!this.isAwaited(event)) continue;
      this.answered++;
      this.until(event.data.notBefore);
      if (event.type === 'attempt.scheduled') this.answerTask(event);
      else this.answerChild(event);
      return true;
    }
    return false;
  }

  private isAwaited({ data: { step: name, item, attempt } }: Attempt): boolean {
    const { state } = this.run;
    const step = stepOf(state, name);
    const task = step === undefined || !isOpenStep(state, name) ? undefined : taskOf(step, item);
    return task?.status === 'running' && task.attempt === attempt;
  }

  private answerTask({ data: { step, item, attempt, input, saved, capability } }: AttemptScheduled): void {
    const place = { step, ...(item === undefined ? {} : { item }), attempt };
    const call = { ...place, input, ...(saved === undefined ? {} : { saved }) };
    this.calls.push({ ...call, capability });
    const end = { ...place, by: BY, durationMs: 1 };
    try {
      this.run.send({ kind: 'complete', ...end, output: this.answerOf(capability, call) });
    } catch (error) {
      if (error instanceof NoAnswer) throw error;
      this.run.send({ kind: 'fail', ...end, error: failureOf(error) });
    }
  }

  private answerOf(capability: string, call: Call): unknown {
    const { tasks = {} } = this.answers;
    if (!Object.hasOwn(tasks, capability))
      throw new NoAnswer(`step "${call.step}" asks for "${capability}", which has no answer`);
    const answer = tasks[capability];
    return typeof answer === 'function' ? (answer as (call: Call) => unknown)(call) : answer;
  }

  private answerChild({ data }: ChildRequested): void {
    const { step, item, attempt, childRunId, workflow, inputs } = data;
    const document = this.answers.library?.[workflow];
    if (document === undefined)
      throw new NoAnswer(`step "${step}" calls the workflow "${workflow}", which is not in the library`);
    const child = simulate(document, inputs, this.answers);
    this.children.push(child);
    const place = { step, ...(item === undefined ? {} : { item }), attempt };
    this.run.send({ kind: 'end-child', ...place, childRunId, end: endOf(child.state) });
  }

  private decideNext(): boolean {
    for (const [step, { status, approval }] of Object.entries(this.run.state.steps)) {
      const decision = status === 'running' && approval !== undefined ? this.answers.approvals?.[step] : undefined;
      if (decision === undefined) continue;
      const word = typeof decision === 'boolean' ? { approved: decision } : decision;
      this.run.send({ kind: 'decide', step, by: approval?.approvers?.[0] ?? BY.agent, ...word });
      return true;
    }
    return false;
  }

  private signalNext(): boolean {
    for (const { status, wait } of Object.values(this.run.state.steps)) {
      const name = status === 'running' ? wait?.signal : undefined;
      const payloads = name === undefined ? undefined : this.signals[name];
      if (name === undefined || payloads === undefined || payloads.length === 0) continue;
      const id = `${name}-${payloads.length}`;
      this.run.send({ kind: 'signal', name, id, payload: payloads.shift(), by: BY.agent });
      return true;
    }
    return false;
  }

  private letTimePass(): void {
    const at = nextTickAt(this.run.state);
    if (at === undefined) throw new NoAnswer(`the run waits for ${waitingIn(this.run.state)}, and no answer is given to it`);
    this.until(new Date(at).toISOString());
    this.run.send({ kind: 'tick' });
  }

  private until(time: string | undefined): void {
    if (time !== undefined && Date.parse(time) > this.run.now.getTime()) this.run.now = new Date(time);
  }
}

/** The test is wrong, not the run. */
class NoAnswer extends Error {}

const failureOf = (error: unknown): ErrorBody => {
  const body = toErrorBody(error);
  return body.code === ErrorCode.Internal ? new AttemptFailed(body.message, { retryable: true }).toBody() : body;
};

function endOf({ status, output = null, error }: RunState): EndChild['end'] {
  if (status === RunStatus.Completed) return { status, output };
  const ended = status === RunStatus.Cancelled ? RunStatus.Cancelled : RunStatus.Failed;
  return { status: ended, error: error ?? { code: ErrorCode.Cancelled, message: 'the sub-run was cancelled', retryable: false } };
}

const waitingIn = ({ steps }: RunState): string =>
  Object.entries(steps)
    .filter(([, { status }]) => status === 'running')
    .map(([name]) => `"${name}"`)
    .join(', ');
