import type { WorkflowDocument } from '@aet/contracts';

const needsOf = (workflow: WorkflowDocument, step: string): readonly string[] =>
  Object.hasOwn(workflow.steps, step) ? (workflow.steps[step]?.needs ?? []) : [];

/** All steps that end before this one begins: its needs, their needs, and so on. Ends on a cycle too. */
export function ancestorsOf(workflow: WorkflowDocument, step: string): Set<string> {
  const found = new Set<string>();
  const open = [...needsOf(workflow, step)];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (found.has(next)) continue;
    found.add(next);
    open.push(...needsOf(workflow, next));
  }
  return found;
}

/** A cycle of needs as the list of its steps, the first repeated at the end; undefined when there is none. */
export function findCycle(workflow: WorkflowDocument): string[] | undefined {
  const done = new Set<string>();
  for (const start of Object.keys(workflow.steps)) {
    const cycle = cycleFrom(workflow, start, done);
    if (cycle !== undefined) return cycle;
  }
  return undefined;
}

/** Depth first with its own stack: a chain of a thousand steps must not end the process's. */
function cycleFrom(workflow: WorkflowDocument, start: string, done: Set<string>): string[] | undefined {
  const path: { step: string; rest: string[] }[] = [{ step: start, rest: [...needsOf(workflow, start)] }];
  while (path.length > 0) {
    const top = path.at(-1)!;
    const next = top.rest.shift();
    if (next === undefined) {
      done.add(top.step);
      path.pop();
      continue;
    }
    const seen = path.findIndex((entry) => entry.step === next);
    if (seen >= 0) return [...path.slice(seen).map((entry) => entry.step), next];
    if (!done.has(next)) path.push({ step: next, rest: [...needsOf(workflow, next)] });
  }
  return undefined;
}
