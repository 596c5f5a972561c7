import { RunStatus } from '@aet/contracts';
import type { RunState, StepState, TaskState } from './run-state.js';
import type { StateEdit } from './state-edit.js';
import { hasGivenUp, isRevivable, mayFail, tasksOf, WAITING } from './step-state.js';
import { listOf } from './task-list.js';

/** Takes a run up again: what ended it, and what its end interrupted, has another attempt as soon as there is room for it. */
export function redrive(edit: StateEdit, at: string): void {
  const { state } = edit;
  const revived = Object.entries(state.steps).flatMap(([name, step]): [string, StepState][] => {
    const again = revivedStep(state, name, step);
    return again === undefined ? [] : [[name, again]];
  });
  for (const [name, step] of revived) edit.put(name, step);
  delete state.error;
  state.status = RunStatus.Running;
  state.redrivenAt = at;
}

function revivedStep(state: RunState, name: string, step: StepState): StepState | undefined {
  const tasks = Array.from(tasksOf(step), (task) => (isRevivable(state, name, task) ? revivedTask(task) : task));
  const failed = tasks.flatMap((task, place) => (task.revived === true ? [place] : []));
  // An approval that was rejected is asked for again, a wait that ran out begins anew.
  if (failed.length === 0) return step.status === 'failed' && !mayFail(state, name) ? { ...WAITING } : undefined;
  const { error: _, output: _output, finishedAt: _at, endedWith: _with, concluded: _early, ...rest } = step;
  const givenUp = tasks.filter(hasGivenUp).length;
  const done = tasks.filter(({ status }) => status === 'completed').length + givenUp;
  return { ...rest, status: 'running', tasks: listOf(tasks), counts: { done, givenUp }, failed };
}

function revivedTask({ error: _error, by: _by, childRunId: _child, ...task }: TaskState): TaskState {
  return { ...task, status: 'failed', revived: true };
}
