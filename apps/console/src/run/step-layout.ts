import type { StepView } from '@aet/contracts';

/** Pixels. */
export const NODE = { width: 190, height: 72, columnGap: 56, rowGap: 12 } as const;

export interface PlacedStep {
  step: StepView;
  x: number;
  y: number;
}
export interface Edge {
  from: string;
  to: string;
  /** `to` takes back what `from` did. */
  undoes: boolean;
  path: string;
}
export interface StepLayout {
  width: number;
  height: number;
  nodes: PlacedStep[];
  edges: Edge[];
}

/** Columns by the longest way from a step without needs; each column centred. An unknown or circular need counts as none. */
export function layOut(steps: readonly StepView[]): StepLayout {
  const columns = columnsOf(steps);
  const tallest = Math.max(0, ...columns.map((c) => c.length));
  const height = heightOf(tallest);
  const nodes = columns.flatMap((column, index) => {
    const top = (height - heightOf(column.length)) / 2;
    return column.map((step, row) => ({
      step,
      x: index * (NODE.width + NODE.columnGap),
      y: top + row * (NODE.height + NODE.rowGap),
    }));
  });
  const width = columns.length * (NODE.width + NODE.columnGap) - NODE.columnGap;
  return { width: Math.max(0, width), height, nodes, edges: edgesOf(nodes) };
}

/** What undoes a step comes after it. */
const needsOf = ({ needs, compensates }: StepView): string[] => (compensates === undefined ? needs : [...needs, compensates]);

const heightOf = (rows: number): number => Math.max(0, rows * (NODE.height + NODE.rowGap) - NODE.rowGap);

function columnsOf(steps: readonly StepView[]): StepView[][] {
  const byName = new Map(steps.map((s) => [s.name, s]));
  const depths = new Map<string, number>();
  const depthOf = (step: StepView, above: ReadonlySet<string>): number => {
    const known = depths.get(step.name);
    if (known !== undefined) return known;
    const way = new Set([...above, step.name]);
    const needs = needsOf(step).flatMap((n) => (way.has(n) ? [] : (byName.get(n) ?? [])));
    const depth = needs.length === 0 ? 0 : 1 + Math.max(...needs.map((n) => depthOf(n, way)));
    depths.set(step.name, depth);
    return depth;
  };
  const columns: StepView[][] = [];
  for (const step of steps) (columns[depthOf(step, new Set())] ??= []).push(step);
  return Array.from(columns, (column) => column ?? []);
}

/** Edges that say nothing new are left out: one from A to C where A leads to C by way of B. */
function edgesOf(nodes: readonly PlacedStep[]): Edge[] {
  const places = new Map(nodes.map((n) => [n.step.name, n]));
  return nodes.flatMap((to) =>
    needsOf(to.step).flatMap((need) => {
      const from = places.get(need);
      const detour = to.step.needs.some((other) => other !== need && places.get(other)?.step.needs.includes(need) === true);
      const undoes = to.step.compensates === need;
      return from === undefined || detour ? [] : [{ from: need, to: to.step.name, undoes, path: curve(from, to, nodes) }];
    }),
  );
}

function curve(from: PlacedStep, to: PlacedStep, nodes: readonly PlacedStep[]): string {
  const start = { x: from.x + NODE.width, y: from.y + NODE.height / 2 };
  const end = { x: to.x, y: to.y + NODE.height / 2 };
  const between = nodes.filter((n) => n.x > from.x && n.x < to.x);
  if (between.length === 0) return `M${start.x} ${start.y}${swing(start.x, start.y, end.x, end.y)}`;
  // A way past other columns must not run behind their steps: straight on where that is free, else above them.
  const free = between.every((n) => start.y < n.y || start.y > n.y + NODE.height);
  const lane = free ? start.y : Math.min(...between.map((n) => n.y)) - NODE.rowGap / 2;
  const left = start.x + NODE.columnGap;
  const right = end.x - NODE.columnGap;
  return `M${start.x} ${start.y}${swing(start.x, start.y, left, lane)}H${right}${swing(right, lane, end.x, end.y)}`;
}

/** From one height to another within a gap, leaving and arriving level. */
const swing = (x1: number, y1: number, x2: number, y2: number): string => {
  const middle = (x1 + x2) / 2;
  return `C${middle} ${y1} ${middle} ${y2} ${x2} ${y2}`;
};
