import type { WorkflowDocument } from '@aet/contracts';
import { waitsFor } from '../language/step-graph.js';

interface Order {
  /** Where each step stands in the document. */
  places: ReadonlyMap<string, number>;
  followers: ReadonlyMap<string, readonly string[]>;
}
/** A document is never changed in place. */
const orders = new WeakMap<WorkflowDocument, Order>();

function orderOf(workflow: WorkflowDocument): Order {
  const known = orders.get(workflow);
  if (known !== undefined) return known;
  const names = Object.keys(workflow.steps);
  const followers = new Map(names.map((name): [string, string[]] => [name, []]));
  for (const name of names) for (const need of waitsFor(workflow, name)) followers.get(need)?.push(name);
  const order = { places: new Map(names.map((name, place) => [name, place])), followers };
  orders.set(workflow, order);
  return order;
}

/** The steps that wait for this one. */
export const followersOf = (workflow: WorkflowDocument, step: string): readonly string[] =>
  orderOf(workflow).followers.get(step) ?? [];

/** The names that are steps, as the document orders them. */
export function inOrder(workflow: WorkflowDocument, names: ReadonlySet<string>): string[] {
  const { places } = orderOf(workflow);
  return [...names].filter((name) => places.has(name)).toSorted((a, b) => (places.get(a) ?? 0) - (places.get(b) ?? 0));
}
