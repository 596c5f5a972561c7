import type { WorkflowDocument } from '@aet/contracts';
import { type References, referencesOf } from '../expressions/expression-references.js';
import { expressionSites, type Site } from './expression-sites.js';
import { ancestorsOf } from './step-graph.js';
import { problemOf, type WorkflowProblem } from './workflow-problem.js';

/** What is wrong with the expressions of a workflow: their syntax, and what they read. */
export function expressionSiteProblems(workflow: WorkflowDocument): WorkflowProblem[] {
  return [...expressionSites(workflow)].flatMap((site) =>
    'problem' in site ? [{ path: site.path, message: site.problem }] : siteProblems(workflow, site),
  );
}

function siteProblems(workflow: WorkflowDocument, site: Site): WorkflowProblem[] {
  const { path, expression } = site;
  const visible = site.step === undefined ? new Set(Object.keys(workflow.steps)) : ancestorsOf(workflow, site.step);
  return problemOf(
    path,
    () => referencesOf(expression),
    (references) =>
      messages(workflow, references, visible, site).map((message) => ({ path, message: `\${{ ${expression} }} ${message}` })),
  );
}

function messages(
  workflow: WorkflowDocument,
  references: References,
  visible: ReadonlySet<string>,
  { more, step }: Site,
): string[] {
  const inputs = Object.keys(workflow.inputs ?? {});
  return [
    ...[...references.negated].map(
      (space) => `negates all of "${space}": write !(${space}.name), as ! binds closer than the dot`,
    ),
    ...[...references.inputs]
      .filter((name) => !inputs.includes(name))
      .map((name) => `names the input "${name}", which is not declared${hint(name, inputs, 'inputs')}`),
    ...[...references.steps].filter((name) => !visible.has(name)).map((name) => stepMessage(workflow, name, step)),
    ...[...references.others].filter((name) => !more.includes(name)).map((name) => otherMessage(name, more)),
  ];
}

function stepMessage(workflow: WorkflowDocument, name: string, reader: string | undefined): string {
  if (name === reader) return `reads the step itself, which has no output yet`;
  if (Object.hasOwn(workflow.steps, name)) return `uses the step "${name}", which need not be done by then: add it to "needs"`;
  return `names the step "${name}", which does not exist${hint(name, Object.keys(workflow.steps), 'steps')}`;
}

/** Where the names are that not every expression sees. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  item: 'inside a map',
  index: 'inside a map',
  items: 'in collect',
  output: 'in compensate',
};

function otherMessage(name: string, more: readonly string[]): string {
  const roots = ['inputs', 'steps', ...more];
  const list = `${roots.slice(0, -1).join(', ')} or ${roots.at(-1) ?? ''}`;
  const elsewhere = ELSEWHERE[name] === undefined ? '' : `; "${name}" is there ${ELSEWHERE[name]} only`;
  return `begins with "${name}"; here an expression begins with ${list}${elsewhere}`;
}

/** `steps.secret-scan` is a subtraction in JMESPath: the commonest slip of all gets a word of its own. */
function hint(name: string, names: readonly string[], space: string): string {
  const dashed = names.find((candidate) => candidate.startsWith(`${name}-`));
  return dashed === undefined ? '' : `; a name with "-" stands in quotes: ${space}."${dashed}"`;
}
