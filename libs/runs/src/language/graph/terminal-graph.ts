import type { WorkflowDocument } from '@aet/contracts';
import { type GraphEdge, type GraphNode, type WorkflowGraph, workflowGraph } from './workflow-graph.js';
import { drawRow, type Rails } from './rails.js';

const MARKS: Readonly<Record<GraphNode['kind'], string>> = {
  task: '●',
  workflow: '▣',
  branch: '◆',
  approval: '▲',
  wait: '◷',
  checkpoint: '■',
};
const FAN_OUT_MARK = '◎';

/**
 * A workflow as lines of text: one for each step, in an order in which they could be done. A step's rail goes down from its mark to the last step
 * that waits for it; a step's line is joined to the rails of those that it waits for (`┼`, `├`, `╰`), and passes behind others (`│`).
 * @param width of the terminal, in columns; longer lines are cut
 */
export function terminalGraph(workflow: WorkflowDocument, { width = 100 }: { width?: number } = {}): string {
  const graph = workflowGraph(workflow);
  const rows = rowsOf(graph);
  const columns = Math.max(1, ...rows.map(({ rails }) => rails.columns));
  const names = Math.max(...graph.nodes.map(({ name }) => name.length));
  // Wide rails are easier to follow; many narrow ones leave room for what the steps do.
  const gap = [3, 2, 1].find((size) => columns * size + names + 20 <= width) ?? 1;
  return rows
    .map(({ node, rails, conditions }) => {
      const drawn = drawRow(rails, node.fanOut ? FAN_OUT_MARK : MARKS[node.kind], gap).padEnd(columns * gap);
      const text = [node.name.padEnd(names), plain(node.does), ...conditions.map((condition) => `(${plain(condition)})`)].join(
        '  ',
      );
      return cut(`${drawn} ${text}`.trimEnd(), width);
    })
    .join('\n');
}

interface Row {
  node: GraphNode;
  rails: Rails;
  conditions: string[];
}

function rowsOf({ nodes, edges }: WorkflowGraph): Row[] {
  const rowOf = new Map(nodes.map(({ name }, row) => [name, row]));
  const lastUse = new Map<string, number>();
  for (const { from, to } of edges) lastUse.set(from, Math.max(lastUse.get(from) ?? 0, rowOf.get(to) ?? 0));
  /** Whose rail is in a column. */
  const open: (string | undefined)[] = [];
  return nodes.map((node, row) => {
    const incoming = edges.filter(({ to }) => to === node.name);
    const needed = new Set(incoming.map(({ from }) => open.indexOf(from)));
    const ending = new Set(open.flatMap((name, column) => (name !== undefined && lastUse.get(name) === row ? [column] : [])));
    const passing = open.flatMap((name, column) => (name === undefined ? [] : [column]));
    const column = columnOf(open);
    for (const end of ending) open[end] = undefined;
    if (lastUse.has(node.name)) open[column] = node.name;
    const columns = Math.max(column, ...passing) + 1;
    return { node, rails: { column, needed, ending, passing: new Set(passing), columns }, conditions: conditionsOf(incoming) };
  });
}

function columnOf(open: readonly (string | undefined)[]): number {
  const free = open.indexOf(undefined);
  return free < 0 ? open.length : free;
}

const conditionsOf = (edges: readonly GraphEdge[]): string[] => [
  ...new Set(edges.flatMap(({ condition }) => (condition === undefined ? [] : [condition]))),
];

/** No character of a text moves the cursor. */
const plain = (text: string): string => text.replaceAll(/[\p{C}\s]+/gu, ' ').trim();

function cut(line: string, width: number): string {
  const characters = Array.from(line);
  return characters.length <= width ? line : `${characters.slice(0, Math.max(width - 1, 1)).join('')}…`;
}
