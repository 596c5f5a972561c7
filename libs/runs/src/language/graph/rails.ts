/** One line of a drawing: columns from 0. */
export interface Rails {
  /** Of the step's mark. */
  column: number;
  /** Rails that the step is joined to. */
  needed: ReadonlySet<number>;
  /** Rails that end here; they are needed. */
  ending: ReadonlySet<number>;
  /** Rails that come from above. */
  passing: ReadonlySet<number>;
  /** All columns in use. */
  columns: number;
}

/** @param gap from one column to the next, in characters */
export function drawRow(rails: Rails, mark: string, gap: number): string {
  const joined = [...rails.needed, rails.column];
  const [left, right] = [Math.min(...joined), Math.max(...joined)];
  const cells = Array.from({ length: rails.columns }, (_, column) => {
    const between = column >= left && column < right;
    return cellOf(rails, mark, column, left, right) + (between ? '─' : ' ').repeat(gap - 1);
  });
  return cells.join('').trimEnd();
}

function cellOf(
  { column: own, needed, ending, passing }: Rails,
  mark: string,
  column: number,
  left: number,
  right: number,
): string {
  if (column === own) return mark;
  if (needed.has(column))
    return JOINTS[ending.has(column) ? 'ends' : 'goes on'][column === left ? 'left' : column === right ? 'right' : 'within'];
  if (passing.has(column)) return '│';
  return column > left && column < right ? '─' : ' ';
}

const JOINTS = {
  ends: { left: '╰', within: '┴', right: '╯' },
  'goes on': { left: '├', within: '┼', right: '┤' },
} as const;
