/** A program says on a line of its own what it has so far: `::aet saved <JSON>`. */
const SAVED_LINE = /^::aet saved (.+)$/;

/** What such a line keeps, or why it cannot be kept; undefined: it is another line. */
export function readSavedLine(line: string): { saved: unknown } | { problem: string } | undefined {
  const json = SAVED_LINE.exec(line)?.[1];
  if (json === undefined) return undefined;
  try {
    return { saved: JSON.parse(json) as unknown };
  } catch (error) {
    return { problem: `what it wanted to save is not JSON and was not kept: ${(error as Error).message}` };
  }
}

/** An output without the lines that were meant for the host. */
export const withoutSavedLines = (output: string): string =>
  output.includes('::aet saved ')
    ? output
        .split('\n')
        .filter((line) => !SAVED_LINE.test(line.replace(/\r$/, '')))
        .join('\n')
    : output;
