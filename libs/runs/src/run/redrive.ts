import { RunStatus } from '@aet/contracts';
import type { StepState, TaskState } from './run-state.js';
import type { StateEdit } from './state-edit.js';
import { hasGivenUp, isRevivable, mayFail, tasksOf, WAITING } from './step-state.js';
import { entryAt, listOf } from './task-list.js';

/** Takes a run up again. The attempts that follow in the same append belong to the tasks as they stand here: one higher than before. */
export function redrive(edit: StateEdit, at: string): void {
  const { state } = edit;
  const revived = Object.entries(state.steps).flatMap(([name, step]): [string, StepState][] => {
    const tasks = Array.from(tasksOf(step), (task) => (isRevivable(state, name, task) ? revivedTask(task) : task));
    if (tasks.some(({ attempt }, place) => attempt !== entryAt(step.tasks, place)?.attempt))
      return [[name, revivedStep(step, tasks)]];
    // An approval that was rejected is asked for again, a wait that ran out begins anew.
    return step.status === 'failed' && !mayFail(state, name) ? [[name, { ...WAITING }]] : [];
  });
  for (const [name, step] of revived) edit.put(name, step);
  delete state.error;
  state.status = RunStatus.Running;
  state.redrivenAt = at;
}

function revivedTask({ error: _error, by: _by, childRunId: _child, ...task }: TaskState): TaskState {
  return { ...task, status: 'running', attempt: task.attempt + 1 };
}

function revivedStep(step: StepState, tasks: TaskState[]): StepState {
  const { error: _, output: _output, finishedAt: _at, endedWith: _with, concluded: _early, ...rest } = step;
  const givenUp = tasks.filter(hasGivenUp).length;
  const done = tasks.filter(({ status }) => status === 'completed').length + givenUp;
  return { ...rest, status: 'running', tasks: listOf(tasks), counts: { done, givenUp }, failed: [] };
}
