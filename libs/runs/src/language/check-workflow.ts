import { parseDuration, type WorkflowDocument, type WorkflowStep } from '@aet/contracts';
import { type References, referencesOf } from '../expressions/expression-references.js';
import { inputTypeProblem } from '../run/run-inputs.js';
import { ancestorsOf, findCycle } from './step-graph.js';
import { bareExpression, expressionsIn } from '../expressions/template.js';
import type { WorkflowProblem } from './workflow-problem.js';
import { shapeProblems } from './workflow-shape.js';

/** Everything wrong with a value that should be a workflow: its shape first; if that is right, what it says. */
export function checkWorkflow(value: unknown): WorkflowProblem[] {
  const shape = shapeProblems(value);
  if (shape.length > 0) return shape;
  const workflow = value as WorkflowDocument;
  return [
    ...inputProblems(workflow),
    ...needProblems(workflow),
    ...durationProblems(workflow),
    ...Object.keys(workflow.steps).flatMap((name) => stepExpressionProblems(workflow, name)),
    ...templateProblems(workflow, workflow.output, ['output'], new Set(Object.keys(workflow.steps)), false),
  ];
}

const NAME = /^[A-Za-z][A-Za-z0-9_-]{0,62}$/;

function inputProblems(workflow: WorkflowDocument): WorkflowProblem[] {
  return Object.entries(workflow.inputs ?? {}).flatMap(([name, input]) => {
    if (!NAME.test(name))
      return [{ path: ['inputs', name], message: 'is not a name: begin with a letter, then letters, digits, "_" or "-"' }];
    const problem = input.default === undefined ? undefined : inputTypeProblem(input.type, input.default);
    return problem === undefined ? [] : [{ path: ['inputs', name, 'default'], message: problem }];
  });
}

function needProblems(workflow: WorkflowDocument): WorkflowProblem[] {
  const unknown = Object.entries(workflow.steps).flatMap(([name, step]) =>
    (step.needs ?? []).flatMap((need, index) =>
      Object.hasOwn(workflow.steps, need)
        ? []
        : [{ path: ['steps', name, 'needs', index], message: `needs "${need}", which is not a step${known(workflow)}` }],
    ),
  );
  const cycle = findCycle(workflow);
  if (cycle === undefined) return unknown;
  return [...unknown, { path: ['steps', cycle[0] ?? '', 'needs'], message: `waits for itself: ${cycle.join(' needs ')}` }];
}

const known = (workflow: WorkflowDocument): string => `; steps are: ${Object.keys(workflow.steps).slice(0, 20).join(', ')}`;

function durationProblems(workflow: WorkflowDocument): WorkflowProblem[] {
  const texts: [(string | number)[], string | undefined][] = [[['timeout'], workflow.timeout]];
  for (const [name, step] of Object.entries(workflow.steps)) {
    texts.push([['steps', name, 'timeout'], step.timeout], [['steps', name, 'delay'], step.delay]);
    texts.push([['steps', name, 'retry', 'initial'], step.retry?.initial], [['steps', name, 'retry', 'max'], step.retry?.max]);
  }
  return texts.flatMap(([path, text]) => (text === undefined ? [] : problemOf(path, () => parseDuration(text))));
}

function stepExpressionProblems(workflow: WorkflowDocument, name: string): WorkflowProblem[] {
  const step = workflow.steps[name] as WorkflowStep;
  const visible = ancestorsOf(workflow, name);
  const bare = (text: string | undefined, path: (string | number)[]): WorkflowProblem[] =>
    text === undefined
      ? []
      : problemOf(
          path,
          () => bareExpression(text),
          (expression) => expressionProblems(workflow, expression, path, visible, false),
        );
  return [
    ...bare(step.when, ['steps', name, 'when']),
    ...bare(step.map?.over as string | undefined, ['steps', name, 'map', 'over']),
    ...templateProblems(workflow, step.with, ['steps', name, 'with'], visible, step.map !== undefined),
    ...templateProblems(workflow, step.orderKey, ['steps', name, 'orderKey'], visible, step.map !== undefined),
  ];
}

function templateProblems(
  workflow: WorkflowDocument,
  template: unknown,
  path: (string | number)[],
  visible: Set<string>,
  inMap: boolean,
): WorkflowProblem[] {
  return problemOf(
    path,
    () => expressionsIn(template, path),
    (found) => found.flatMap(({ path: at, expression }) => expressionProblems(workflow, expression, at, visible, inMap)),
  );
}

function expressionProblems(
  workflow: WorkflowDocument,
  expression: string,
  path: (string | number)[],
  visible: Set<string>,
  inMap: boolean,
): WorkflowProblem[] {
  return problemOf(
    path,
    () => referencesOf(expression),
    (references) =>
      referenceMessages(workflow, references, visible, inMap).map((message) => ({
        path,
        message: `\${{ ${expression} }} ${message}`,
      })),
  );
}

function referenceMessages(workflow: WorkflowDocument, references: References, visible: Set<string>, inMap: boolean): string[] {
  const inputs = Object.keys(workflow.inputs ?? {});
  return [
    ...[...references.negated].map(
      (space) => `negates all of "${space}": write !(${space}.name), as ! binds closer than the dot`,
    ),
    ...[...references.inputs]
      .filter((name) => !inputs.includes(name))
      .map((name) => `names the input "${name}", which is not declared${hint(name, inputs, 'inputs')}`),
    ...[...references.steps].filter((name) => !visible.has(name)).map((name) => stepMessage(workflow, name)),
    ...[...references.others]
      .filter((name) => !inMap || (name !== 'item' && name !== 'index'))
      .map(
        (name) =>
          `begins with "${name}"; an expression begins with inputs, steps${inMap ? ', item or index' : ' (or item and index inside a map)'}`,
      ),
  ];
}

function stepMessage(workflow: WorkflowDocument, name: string): string {
  if (Object.hasOwn(workflow.steps, name)) return `uses the step "${name}", which need not be done by then: add it to "needs"`;
  return `names the step "${name}", which does not exist${hint(name, Object.keys(workflow.steps), 'steps')}`;
}

/** `steps.secret-scan` is a subtraction in JMESPath: the commonest slip of all gets a word of its own. */
function hint(name: string, names: readonly string[], space: string): string {
  const dashed = names.find((candidate) => candidate.startsWith(`${name}-`));
  return dashed === undefined ? '' : `; a name with "-" stands in quotes: ${space}."${dashed}"`;
}

/** Runs `produce`; an error becomes a problem at `path`, else `consume` says what is wrong with its value. */
function problemOf<T>(
  path: (string | number)[],
  produce: () => T,
  consume: (value: T) => WorkflowProblem[] = () => [],
): WorkflowProblem[] {
  let value: T;
  try {
    value = produce();
  } catch (error) {
    return [{ path, message: (error as Error).message }];
  }
  return consume(value);
}
