/** Longest snippet, in characters. */
const MAX_SNIPPET = 400;

/** The lines of a chunk around its best match, with the line number at which they begin. */
export function snippet(
  text: string,
  startLine: number,
  terms: readonly string[],
): { snippet: string; startLine: number; endLine: number } {
  const lines = text.split('\n');
  const scores = lines.map((line) => {
    const lower = line.toLowerCase();
    return terms.filter((term) => lower.includes(term)).length;
  });
  const best = scores.indexOf(Math.max(...scores));
  let first = best;
  let last = best;
  let length = (lines[best] ?? '').length;
  for (;;) {
    const before = first > 0 && best - first < 2 ? (lines[first - 1] ?? '').length : Infinity;
    const after = last + 1 < lines.length ? (lines[last + 1] ?? '').length : Infinity;
    if (length + Math.min(before, after) > MAX_SNIPPET) break;
    if (before <= after) length += (lines[--first] ?? '').length;
    else length += (lines[++last] ?? '').length;
  }
  return {
    snippet: lines
      .slice(first, last + 1)
      .join('\n')
      .slice(0, MAX_SNIPPET),
    startLine: startLine + first,
    endLine: startLine + last,
  };
}
