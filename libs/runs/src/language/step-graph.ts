import type { WorkflowDocument } from '@aet/contracts';

/** What is known of a document's graph. A document is never changed in place, so one look is enough. */
interface Graph {
  waitsFor: ReadonlyMap<string, readonly string[]>;
  ancestors: Map<string, ReadonlySet<string>>;
  /** Names in all of `ancestors` together. */
  remembered: number;
}
/** Of one document: a chain of a thousand steps has half a million, and takes no longer to walk than one of its steps to decide. */
const MOST_REMEMBERED = 10_000;
const graphs = new WeakMap<WorkflowDocument, Graph>();

function graphOf(workflow: WorkflowDocument): Graph {
  const known = graphs.get(workflow);
  if (known !== undefined) return known;
  const waitsFor = new Map(Object.entries(workflow.steps).map(([name, { needs = [] }]) => [name, [...needs]]));
  for (const [name, step] of Object.entries(workflow.steps)) {
    for (const target of step.branch === undefined ? [] : targetsOf(step.branch)) {
      const list = waitsFor.get(target);
      if (list !== undefined && !list.includes(name)) list.push(name);
    }
  }
  const graph = { waitsFor, ancestors: new Map(), remembered: 0 };
  graphs.set(workflow, graph);
  return graph;
}

/** The steps that a branch names, each once. */
const targetsOf = (cases: readonly { then: string | readonly string[] }[]): string[] => [
  ...new Set(cases.flatMap(({ then }) => then)),
];

/** The steps that must have ended before this one begins: its needs, and every branch that names it. */
export const waitsFor = (workflow: WorkflowDocument, step: string): readonly string[] =>
  graphOf(workflow).waitsFor.get(step) ?? [];

/** All steps that end before this one begins: those that it waits for, those that they wait for, and so on. Ends on a cycle too. */
export function ancestorsOf(workflow: WorkflowDocument, step: string): ReadonlySet<string> {
  const graph = graphOf(workflow);
  const known = graph.ancestors.get(step);
  if (known !== undefined) return known;
  const found = new Set<string>();
  const open = [...waitsFor(workflow, step)];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (found.has(next)) continue;
    found.add(next);
    open.push(...waitsFor(workflow, next));
  }
  if (graph.remembered + found.size <= MOST_REMEMBERED) {
    graph.remembered += found.size;
    graph.ancestors.set(step, found);
  }
  return found;
}

/** A cycle as the list of its steps, the first repeated at the end; undefined when there is none. */
export function findCycle(workflow: WorkflowDocument): string[] | undefined {
  return findCycleIn(Object.keys(workflow.steps), (step) => waitsFor(workflow, step));
}

/** The same of any graph. */
export function findCycleIn(nodes: readonly string[], next: (node: string) => readonly string[]): string[] | undefined {
  const done = new Set<string>();
  for (const start of nodes) {
    const cycle = cycleFrom(start, next, done);
    if (cycle !== undefined) return cycle;
  }
  return undefined;
}

/** Depth first with its own stack: a chain of a thousand steps must not end the process's. */
function cycleFrom(start: string, next: (node: string) => readonly string[], done: Set<string>): string[] | undefined {
  const path: { node: string; rest: string[] }[] = [{ node: start, rest: [...next(start)] }];
  const onPath = new Set([start]);
  while (path.length > 0) {
    const top = path.at(-1)!;
    const follower = top.rest.shift();
    if (follower === undefined) {
      done.add(top.node);
      onPath.delete(top.node);
      path.pop();
      continue;
    }
    if (onPath.has(follower)) {
      return [...path.slice(path.findIndex(({ node }) => node === follower)).map(({ node }) => node), follower];
    }
    if (done.has(follower)) continue;
    path.push({ node: follower, rest: [...next(follower)] });
    onPath.add(follower);
  }
  return undefined;
}
