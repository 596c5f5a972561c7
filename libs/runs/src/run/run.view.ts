import {
  type ErrorBody,
  ErrorCode,
  isRunEnded,
  RunStatus,
  type RunSummary,
  type RunView,
  type StepView,
  type WorkflowStep,
} from '@aet/contracts';
import { waitsFor } from '../language/step-graph.js';
import { kindOf } from '../language/step-kind.js';
import { jsonBytes } from './limits.js';
import { fitted, omitted } from './run-output.js';
import type { RunState, StepState } from './run-state.js';
import { declaredStep, tasksOf, undoneStep, WAITING } from './step-state.js';
import { entryAt } from './task-list.js';

/** A reply must fit into one message of 1 MiB, with room for everything that is not an output. */
const VIEW_BYTES = 640 * 1024;
/** Sub-runs and signals of a run that are listed; there may be a hundred thousand. */
const LISTED = 100;

const runSummary = (state: RunState): RunSummary => ({
  runId: state.runId,
  workflow: state.workflow.name,
  status: state.status,
  priority: state.priority,
  cell: state.cell,
  correlationId: state.correlationId,
  submittedAt: state.submittedAt,
  updatedAt: state.updatedAt,
  attempts: state.attempts,
  submittedBy: state.submittedBy,
  ...defined({ error: state.error, lane: state.lane, parent: state.parent?.runId, schedule: state.schedule }),
});

/** A run for people and programs. What does not fit is named with its size, the run's own output being kept first. */
export function runView(state: RunState): RunView {
  const outputBytes = jsonBytes(state.output ?? null);
  const output = outputBytes > VIEW_BYTES ? omitted(outputBytes) : state.output;
  const inputs = fitted(state.inputs, VIEW_BYTES - jsonBytes(output ?? null));
  const finished = Object.entries(state.steps).filter(([, step]) => step.output !== undefined);
  const outputs = fitted(
    Object.fromEntries(finished.map(([name, step]) => [name, step.output])),
    VIEW_BYTES - jsonBytes(output ?? null) - jsonBytes(inputs),
  );
  return {
    ...runSummary(state),
    inputs,
    durability: state.durability,
    ...defined({ startAt: state.startAt, caller: state.parent, origin: state.origin }),
    ...(output === undefined ? {} : { output }),
    steps: Object.keys({ ...state.workflow.steps, ...state.steps }).map((name) => stepView(state, name, outputs)),
    ...listed(state),
  };
}

function listed(state: RunState): Pick<RunView, 'children' | 'signals'> {
  const children = childrenOf(state, LISTED);
  const signals = state.signals.slice(-LISTED).map(({ payload: _payload, ...signal }) => signal);
  return defined({ children: children.length > 0 ? children : undefined, signals: signals.length > 0 ? signals : undefined });
}

/** The sub-runs of the latest attempts. */
export function childrenOf(state: RunState, limit = Infinity): NonNullable<RunView['children']> {
  const found: NonNullable<RunView['children']> = [];
  for (const [step, { tasks: _, ...known }] of Object.entries(state.steps)) {
    if (state.workflow.steps[step]?.workflow === undefined || known.status === 'waiting') continue;
    for (const { childRunId: runId, item, attempt, status } of tasksOf(state.steps[step] ?? WAITING)) {
      if (found.length >= limit) return found;
      if (runId !== undefined) found.push({ runId, step, ...(item === undefined ? {} : { item }), attempt, status });
    }
  }
  return found;
}

function stepView(state: RunState, name: string, outputs: Record<string, unknown>): StepView {
  const declared = declaredStep(state, name) as WorkflowStep;
  const step = state.steps[name] ?? WAITING;
  const error = step.error ?? abandoned(state, step);
  const only = step.fan === undefined ? entryAt(step.tasks, 0) : undefined;
  return {
    name,
    kind: kindOf(declared),
    task: whatItDoes(declared),
    needs: [...waitsFor(state.workflow, name)],
    status: error === undefined ? step.status : 'failed',
    attempts: step.attempts,
    ...(Object.hasOwn(outputs, name) ? { output: outputs[name] } : {}),
    ...defined({
      items: step.fan === undefined ? undefined : { total: step.fan.items, done: step.counts.done },
      error,
      by: only?.by,
      cached: only?.cached,
      startedAt: step.startedAt,
      finishedAt: step.finishedAt,
      waitsFor: isRunEnded(state.status) ? undefined : keptBy(step),
      compensates: undoneStep(name),
    }),
  };
}

function whatItDoes(declared: WorkflowStep): string {
  if (declared.task !== undefined) return declared.task;
  if (declared.workflow !== undefined) return declared.workflow;
  const { wait } = declared;
  if (wait?.signal !== undefined) return `wait for the signal ${wait.signal}`;
  return wait === undefined ? kindOf(declared) : `wait ${wait.for ?? 'until a time'}`;
}

/** What keeps a step that is under way and has no task in hand. */
function keptBy(step: StepState): StepView['waitsFor'] {
  const { status, wait, approval } = step;
  if (status !== 'running') return undefined;
  if (wait !== undefined) return wait;
  if (approval !== undefined)
    return defined({ approval: approval.text, approvers: approval.approvers, until: approval.expiresAt });
  const runs = Array.from(tasksOf(step)).flatMap((task) =>
    task.status === 'running' && task.childRunId !== undefined ? [task.childRunId] : [],
  );
  return runs.length === 0 ? undefined : { runs: runs.slice(0, LISTED) };
}

/** A step that was under way when the run ended will not end any more. */
const abandoned = (state: RunState, step: StepState): ErrorBody | undefined =>
  (state.status === RunStatus.Failed || state.status === RunStatus.Cancelled) && step.status === 'running'
    ? { code: ErrorCode.Cancelled, message: 'the run ended before this step did', retryable: false }
    : undefined;

type Defined<T> = { [K in keyof T]?: Exclude<T[K], undefined> };
const defined = <T extends object>(values: T): Defined<T> =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Defined<T>;
