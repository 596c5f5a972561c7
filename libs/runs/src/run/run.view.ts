import {
  type ErrorBody,
  ErrorCode,
  RunStatus,
  type RunSummary,
  type RunView,
  type StepView,
  type WorkflowStep,
} from '@aet/contracts';
import { jsonBytes } from './limits.js';
import { fitted, omitted } from './run-output.js';
import type { RunState, StepState } from './run-state.js';
import { NO_TASKS } from './task-state.js';

/** A reply must fit into one message of 1 MiB, with room for everything that is not an output. */
const VIEW_BYTES = 640 * 1024;

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
  ...(state.error === undefined ? {} : { error: state.error }),
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
    ...(output === undefined ? {} : { output }),
    steps: Object.entries(state.workflow.steps).map(([name, declared]) => stepView(state, name, declared, outputs)),
  };
}

function stepView(state: RunState, name: string, declared: WorkflowStep, outputs: Record<string, unknown>): StepView {
  const step = state.steps[name] ?? { status: 'waiting', tasks: [], counts: NO_TASKS };
  const error = step.error ?? abandoned(state, step);
  const by = step.items === undefined ? step.tasks[0]?.by : undefined;
  return {
    name,
    task: declared.task ?? declared.workflow ?? '',
    needs: declared.needs ?? [],
    status: error === undefined ? step.status : 'failed',
    ...(step.items === undefined ? {} : { items: { total: step.items, done: step.counts.done } }),
    attempts: step.tasks.reduce((sum, task) => sum + task.attempt, 0),
    ...(Object.hasOwn(outputs, name) ? { output: outputs[name] } : {}),
    ...(error === undefined ? {} : { error }),
    ...(by === undefined ? {} : { by }),
    ...(step.startedAt === undefined ? {} : { startedAt: step.startedAt }),
    ...(step.finishedAt === undefined ? {} : { finishedAt: step.finishedAt }),
  };
}

/** A step that was under way when the run failed will not end any more. */
const abandoned = (state: RunState, step: StepState): ErrorBody | undefined =>
  state.status === RunStatus.Failed && step.status === 'running'
    ? { code: ErrorCode.Cancelled, message: 'the run ended before this step did', retryable: false }
    : undefined;
