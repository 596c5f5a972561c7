import { createHash } from 'node:crypto';
import type { PinnedWorkflow, WorkflowDocument } from '@aet/contracts';
import { inputTypeProblem } from '../run/run-inputs.js';
import { splitTemplate } from '../expressions/template.js';
import { findCycleIn } from './step-graph.js';
import { workflowInvalid, type WorkflowProblem } from './workflow-problem.js';

/** Runs in runs, the first included. */
export const DEEPEST_CALL = 16;
/** Workflows that one run can reach. */
const LARGEST_LIBRARY = 200;

export const hashOf = (document: WorkflowDocument): string => createHash('sha256').update(JSON.stringify(document)).digest('hex');

/** A workflow by its name, checked by itself; undefined when there is none. May throw what is wrong with it. */
export type FindWorkflow = (name: string) => Promise<WorkflowDocument | undefined> | WorkflowDocument | undefined;

/**
 * Every workflow that a document can call, directly or through others, as it stands now: a run finishes on what it began with. Empty when it calls none.
 * @throws {WorkflowInvalid} with every problem: a workflow that does not exist, wrong inputs, one that calls itself, more than `DEEPEST_CALL` deep
 */
export async function checkLibrary(document: WorkflowDocument, find: FindWorkflow): Promise<Record<string, PinnedWorkflow>> {
  const library = new Map<string, WorkflowDocument>();
  const problems = await collect(document, find, library);
  problems.push(...callProblems(document, library));
  if (problems.length > 0) throw workflowInvalid(document.name, problems);
  return Object.fromEntries([...library].map(([name, called]) => [name, { document: called, hash: hashOf(called) }]));
}

/** The calls of a document: by step. */
const callsOf = ({ steps }: WorkflowDocument): [step: string, workflow: string][] =>
  Object.entries(steps).flatMap(([name, { workflow }]): [string, string][] => (workflow === undefined ? [] : [[name, workflow]]));

/** Fills the library, breadth first. A name that is the document's own is not looked up: it would call itself. */
async function collect(
  document: WorkflowDocument,
  find: FindWorkflow,
  library: Map<string, WorkflowDocument>,
): Promise<WorkflowProblem[]> {
  const problems: WorkflowProblem[] = [];
  const open = [document];
  for (let caller = open.shift(); caller !== undefined; caller = open.shift()) {
    for (const [step, name] of callsOf(caller)) {
      if (name === document.name || library.has(name)) continue;
      const path = ['steps', step, 'workflow'];
      const called = await find(name);
      if (called === undefined) problems.push(problemIn(caller, document, path, `there is no workflow "${name}"`));
      else if (library.size >= LARGEST_LIBRARY)
        return [...problems, { path, message: `more than ${LARGEST_LIBRARY} workflows are called` }];
      else {
        library.set(name, called);
        open.push(called);
      }
    }
  }
  return problems;
}

function callProblems(document: WorkflowDocument, library: ReadonlyMap<string, WorkflowDocument>): WorkflowProblem[] {
  const all = new Map([...library, [document.name, document]]);
  const names = [...all.keys()];
  const next = (name: string): string[] =>
    callsOf(all.get(name) ?? document).flatMap(([, called]) => (all.has(called) ? [called] : []));
  const cycle = findCycleIn([document.name, ...names], next);
  if (cycle !== undefined) return [{ path: ['steps'], message: `calls itself: ${cycle.join(' calls ')}` }];
  const depth = depthOf(document.name, next, new Map());
  return [
    ...(depth > DEEPEST_CALL ? [{ path: ['steps'], message: `its calls are ${depth} deep; ${DEEPEST_CALL} are allowed` }] : []),
    ...[...all.values()].flatMap((caller) => inputProblems(caller, document, all)),
  ];
}

/** 1: it calls nothing. The graph has no circle. */
function depthOf(name: string, next: (name: string) => string[], known: Map<string, number>): number {
  const before = known.get(name);
  if (before !== undefined) return before;
  const depth = 1 + Math.max(0, ...next(name).map((called) => depthOf(called, next, known)));
  known.set(name, depth);
  return depth;
}

function inputProblems(
  caller: WorkflowDocument,
  root: WorkflowDocument,
  all: ReadonlyMap<string, WorkflowDocument>,
): WorkflowProblem[] {
  return callsOf(caller).flatMap(([step, name]) => {
    const called = all.get(name);
    if (called === undefined) return [];
    return givenProblems(caller.steps[step]?.with ?? {}, called).map(({ key, message }) =>
      problemIn(caller, root, ['steps', step, ...(key === undefined ? [] : ['with', key])], message),
    );
  });
}

function givenProblems(given: Readonly<Record<string, unknown>>, called: WorkflowDocument): { key?: string; message: string }[] {
  const declared = called.inputs ?? {};
  const unknown = Object.keys(given)
    .filter((key) => !Object.hasOwn(declared, key))
    .map((key) => ({
      key,
      message: `${called.name} has no input "${key}"; it has: ${Object.keys(declared).join(', ') || 'none'}`,
    }));
  const missing = Object.entries(declared)
    .filter(([key, { required }]) => required === true && !Object.hasOwn(given, key))
    .map(([key]) => ({ message: `does not give the input "${key}", which ${called.name} requires` }));
  const wrong = Object.entries(declared).flatMap(([key, { type }]) => {
    const value = given[key];
    const problem = value === undefined || value === null || isTemplate(value) ? undefined : inputTypeProblem(type, value);
    return problem === undefined ? [] : [{ key, message: `${problem} (input "${key}" of ${called.name})` }];
  });
  return [...unknown, ...missing, ...wrong];
}

/** Its type is known when it is rendered; a text with something around the expression stays a text. */
function isTemplate(value: unknown): boolean {
  if (typeof value !== 'string') return false;
  const pieces = splitTemplate(value);
  return pieces.length === 1 && pieces[0] !== undefined && 'expression' in pieces[0];
}

/** A problem of a workflow that is called says which one it is of. */
const problemIn = (caller: WorkflowDocument, root: WorkflowDocument, path: string[], message: string): WorkflowProblem => ({
  path,
  message: caller === root ? message : `${message} (in the workflow ${caller.name})`,
});
