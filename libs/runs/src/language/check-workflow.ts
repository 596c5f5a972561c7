import { isShallowJson, MAX_JSON_DEPTH, type WorkflowDocument } from '@aet/contracts';
import { inputTypeProblem } from '../run/run-inputs.js';
import { expressionSiteProblems } from './check-expressions.js';
import { stepProblems } from './check-step.js';
import { durationProblem } from './check-values.js';
import { findCycle, waitsFor } from './step-graph.js';
import type { WorkflowProblem } from './workflow-problem.js';
import { shapeProblems } from './workflow-shape.js';

/** Everything wrong with a value that should be a workflow: its shape first; if that is right, what it says. */
export function checkWorkflow(value: unknown): WorkflowProblem[] {
  if (!isShallowJson(value)) return [{ path: [], message: `is nested deeper than ${MAX_JSON_DEPTH} levels` }];
  const shape = shapeProblems(value);
  if (shape.length > 0) return shape;
  const workflow = value as WorkflowDocument;
  return [
    ...nameProblems(workflow),
    ...inputProblems(workflow),
    ...needProblems(workflow),
    ...durationProblem(['timeout'], workflow.timeout),
    ...Object.entries(workflow.steps).flatMap(([name, step]) => stepProblems(name, step)),
    ...expressionSiteProblems(workflow),
  ];
}

/** The API takes no such keys: whoever looks a name up without care would find something. */
const nameProblems = ({ steps, inputs = {} }: WorkflowDocument): WorkflowProblem[] =>
  Object.entries({ steps, inputs }).flatMap(([part, named]) =>
    Object.keys(named)
      .filter((name) => name in Object.prototype)
      .map((name) => ({ path: [part, name], message: 'is a name that every object has: choose another one' })),
  );

const NAME = /^[A-Za-z][A-Za-z0-9_-]{0,62}$/;

function inputProblems(workflow: WorkflowDocument): WorkflowProblem[] {
  return Object.entries(workflow.inputs ?? {}).flatMap(([name, input]) => {
    if (!NAME.test(name))
      return [{ path: ['inputs', name], message: 'is not a name: begin with a letter, then letters, digits, "_" or "-"' }];
    const problem = input.default === undefined ? undefined : inputTypeProblem(input.type, input.default);
    return problem === undefined ? [] : [{ path: ['inputs', name, 'default'], message: problem }];
  });
}

/** Unknown steps in `needs` and in branches, and steps that wait for themselves through either. */
function needProblems(workflow: WorkflowDocument): WorkflowProblem[] {
  const names = Object.keys(workflow.steps);
  const known = `; steps are: ${names.slice(0, 20).join(', ')}`;
  const unknown = Object.entries(workflow.steps).flatMap(([name, step]) => [
    ...(step.needs ?? []).flatMap((need, index) =>
      Object.hasOwn(workflow.steps, need)
        ? []
        : [{ path: ['steps', name, 'needs', index], message: `needs "${need}", which is not a step${known}` }],
    ),
    ...(step.branch ?? []).flatMap(({ then }, index) =>
      [then]
        .flat()
        .filter((target) => !Object.hasOwn(workflow.steps, target))
        .map((target) => ({
          path: ['steps', name, 'branch', index, 'then'],
          message: `goes on with "${target}", which is not a step${known}`,
        })),
    ),
  ]);
  return [...unknown, ...cycleProblems(workflow)];
}

function cycleProblems(workflow: WorkflowDocument): WorkflowProblem[] {
  const cycle = findCycle(workflow);
  if (cycle === undefined) return [];
  const links = cycle.slice(1).map((next, index) => {
    const isNeed = workflow.steps[cycle[index] ?? '']?.needs?.includes(next) === true;
    return `${isNeed ? 'needs' : 'follows the branch'} ${next}`;
  });
  const [first = ''] = cycle;
  const path = waitsFor(workflow, first).includes(first) ? ['steps', first] : ['steps', first, 'needs'];
  return [{ path, message: `waits for itself: ${first} ${links.join(' ')}` }];
}
