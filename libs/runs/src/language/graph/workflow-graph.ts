import type { StepKind, WorkflowDocument, WorkflowStep } from '@aet/contracts';
import { bareExpression } from '../../expressions/template.js';
import { waitsFor } from '../step-graph.js';
import { kindOf } from '../step-kind.js';

export interface GraphNode {
  name: string;
  kind: StepKind;
  /** One task, or sub-run, for each element of a list. */
  fanOut: boolean;
  /** What it does, in a line: the capability, the workflow, what is waited for. */
  does: string;
  /** 0: it waits for nothing; else one more than the highest of those that it waits for. */
  layer: number;
}

/** `to` waits for `from`. */
export interface GraphEdge {
  from: string;
  to: string;
  /** Of a branch, or of the step that follows. */
  condition?: string;
}

export interface WorkflowGraph {
  /** In an order in which they could be done: by layer, then as the document has them. */
  nodes: GraphNode[];
  edges: GraphEdge[];
}

/** What is drawn of a valid workflow. Texts of the author are in it as they are: who draws must quote them. */
export function workflowGraph(workflow: WorkflowDocument): WorkflowGraph {
  const layers = layersOf(workflow);
  const nodes = Object.entries(workflow.steps).map(([name, step]) => ({
    name,
    kind: kindOf(step),
    fanOut: step.map !== undefined,
    does: doesOf(step),
    layer: layers.get(name) ?? 0,
  }));
  return { nodes: nodes.toSorted((a, b) => a.layer - b.layer), edges: edgesOf(workflow) };
}

/** Rounds over all steps, as many as there are layers: without recursion, as a chain may have a thousand. */
function layersOf(workflow: WorkflowDocument): Map<string, number> {
  const layers = new Map<string, number>();
  let open = Object.keys(workflow.steps);
  while (open.length > 0) {
    const ready = open.filter((name) => waitsFor(workflow, name).every((need) => layers.has(need)));
    if (ready.length === 0) return layers;
    const found = ready.map((name): [string, number] => [name, layerAfter(waitsFor(workflow, name), layers)]);
    for (const [name, layer] of found) layers.set(name, layer);
    open = open.filter((name) => !layers.has(name));
  }
  return layers;
}

const layerAfter = (needs: readonly string[], layers: ReadonlyMap<string, number>): number =>
  needs.reduce((highest, need) => Math.max(highest, (layers.get(need) ?? 0) + 1), 0);

function edgesOf(workflow: WorkflowDocument): GraphEdge[] {
  return Object.entries(workflow.steps).flatMap(([to, step]) =>
    waitsFor(workflow, to).map((from) => {
      const conditions = [
        ...(workflow.steps[from]?.branch ?? [])
          .filter(({ then }) => [then].flat().includes(to))
          .map(({ when }) => (when === undefined ? 'otherwise' : `if ${bareExpression(when)}`)),
        ...(step.when === undefined ? [] : [`if ${bareExpression(step.when)}`]),
      ];
      return { from, to, ...(conditions.length === 0 ? {} : { condition: conditions.join(' and ') }) };
    }),
  );
}

function doesOf(step: WorkflowStep): string {
  if (step.workflow !== undefined) return `workflow ${step.workflow}${eachOf(step)}`;
  if (step.branch !== undefined) return `branch of ${step.branch.length}`;
  if (step.approval !== undefined) return `approval by ${step.approval.approvers?.join(', ') ?? 'anybody'}`;
  if (step.wait !== undefined) return waitText(step.wait);
  if (step.checkpoint !== undefined) return 'checkpoint';
  return `${step.task}${step.agent === undefined ? '' : ` by ${step.agent}`}${eachOf(step)}`;
}

const waitText = ({ for: time, until, signal }: NonNullable<WorkflowStep['wait']>): string =>
  signal === undefined
    ? `wait ${time === undefined ? `until ${String(until)}` : `for ${time}`}`
    : `wait for the signal ${signal}`;

function eachOf({ map }: WorkflowStep): string {
  if (map === undefined) return '';
  return Array.isArray(map.over) ? `, for each of ${map.over.length}` : `, for each of ${bareExpression(String(map.over))}`;
}
