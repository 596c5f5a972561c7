import {
  Durability,
  type ErrorBody,
  type Performer,
  Priority,
  type RunEvent,
  type RunSubmitted,
  type StoredRunEvent,
  WORKFLOW_API,
  type WorkflowDocument,
} from '@aet/contracts';
import type { RunState } from '../run/run-state.js';
import type { RunCommand, Submit } from '../run/run.commands.js';
import { decide } from '../run/run.decide.js';
import { foldAll } from '../run/run.fold.js';
import { isOpenStep, tasksOf } from '../run/step-state.js';

export const RUN = '01939c2e-0000-7000-8000-000000000001';
export const BY: Performer = { cell: 'mainpc', host: 'mainpc', instance: 'agent-00000001', agent: 'tester' };
export const START = new Date('2026-01-01T00:00:00.000Z');

export const workflow = (steps: WorkflowDocument['steps'], more: Partial<WorkflowDocument> = {}): WorkflowDocument => ({
  api: WORKFLOW_API,
  name: 'example',
  steps,
  ...more,
});

export const submission = (document: WorkflowDocument, inputs: Record<string, unknown> = {}): RunSubmitted['data'] => ({
  workflow: document,
  workflowHash: '0'.repeat(64),
  inputs,
  priority: Priority.Normal,
  durability: Durability.Strict,
  correlationId: RUN,
  cell: 'mainpc',
  epoch: 1,
  submittedBy: 'test',
});

/** The events as a log would hold them after `after`. */
export const stored = (events: readonly RunEvent[], after = 0, time = START): StoredRunEvent[] =>
  events.map((event, index) => ({ ...event, runId: RUN, sequence: after + index + 1, time: time.toISOString(), hash: '' }));

export const boom = (retryable = true): ErrorBody => ({ code: 'ATTEMPT_FAILED', message: 'boom', retryable });

/** A run with its log in memory, driven by commands. */
export class RunSimulator {
  readonly log: StoredRunEvent[] = [];
  private folded: RunState | undefined;
  now = START;
  random = () => 0.5;
  /** Of the object store, what is at hand. */
  payloads: ReadonlyMap<string, unknown> = new Map();

  constructor(
    document: WorkflowDocument,
    inputs: Record<string, unknown> = {},
    more: Partial<RunSubmitted['data']> & Pick<Submit, 'kept'> = {},
  ) {
    const { kept = [], ...rest } = more;
    this.send({ kind: 'submit', runId: RUN, submission: { ...submission(document, inputs), ...rest }, kept });
  }

  get state(): RunState {
    this.folded = foldAll(this.folded, this.log.slice(this.folded?.sequence ?? 0));
    return this.folded as RunState;
  }

  send(command: RunCommand): StoredRunEvent[] {
    const state = this.log.length === 0 ? undefined : this.state;
    const events = stored(
      decide(state, command, { now: this.now, random: this.random, payloads: this.payloads }),
      state?.sequence ?? 0,
      this.now,
    );
    this.log.push(...events);
    return events;
  }

  complete(step: string, output: unknown = null, at: { item?: number; attempt?: number } = {}): StoredRunEvent[] {
    return this.send({ kind: 'complete', step, attempt: 1, ...at, output, by: BY, durationMs: 1 });
  }

  fail(step: string, error: ErrorBody = boom(), at: { item?: number; attempt?: number } = {}): StoredRunEvent[] {
    return this.send({ kind: 'fail', step, attempt: 1, ...at, error, by: BY, durationMs: 1 });
  }

  /** Attempts that were scheduled and have no result, as `step[#item]:attempt`. */
  get open(): string[] {
    return openAttempts(this.state);
  }

  get input(): (step: string, item?: number) => unknown {
    return (name, item) => {
      const scheduled = this.log.findLast(
        ({ type, data }) => type === 'attempt.scheduled' && data.step === name && data.item === item,
      );
      return scheduled?.type === 'attempt.scheduled' ? scheduled.data.input : undefined;
    };
  }
}

/** Attempts whose results are awaited, as `step[#item]:attempt`. */
export const openAttempts = (state: RunState): string[] =>
  Object.entries(state.steps).flatMap(([name, step]) =>
    isOpenStep(state, name)
      ? Array.from(tasksOf(step)).flatMap(({ item, attempt, status }) =>
          status === 'running' ? [`${name}${item === undefined ? '' : `#${item}`}:${attempt}`] : [],
        )
      : [],
  );
