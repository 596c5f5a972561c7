/** Lines that a range added or changed, by path at head. From 1. */
export type AddedLines = ReadonlyMap<string, ReadonlySet<number>>;

/**
 * Reads a patch made with `-U0`. Content lines begin with `+`, `-` or `\`, so a header cannot be mistaken for content or the other way
 * round, whatever a file holds: the lines of a hunk are counted off, not looked at.
 */
export function parseAddedLines(patch: string): AddedLines {
  const result = new Map<string, Set<number>>();
  let lines: Set<number> | undefined;
  let remaining = 0;
  for (const line of patch.split('\n')) {
    if (remaining > 0 && /^[+-]/.test(line)) {
      remaining -= 1;
      continue;
    }
    const hunk = /^@@ -\d+(?:,(\d+))? \+(\d+)(?:,(\d+))? @@/.exec(line);
    if (hunk) {
      const [removed, start, added] = [Number(hunk[1] ?? 1), Number(hunk[2]), Number(hunk[3] ?? 1)];
      remaining = removed + added;
      for (let i = 0; i < added; i += 1) lines?.add(start + i);
    } else if (line.startsWith('+++ ')) {
      const path = headerPath(line.slice(4));
      lines = path === undefined ? undefined : new Set();
      if (path !== undefined && lines) result.set(path, lines);
    }
  }
  return result;
}

/** git ends a path with a tab when it holds a blank, and quotes it as C does when it holds a control character, a quote or a backslash. */
function headerPath(text: string): string | undefined {
  const raw = text.replace(/\t$/, '');
  const path = raw.startsWith('"') ? unquote(raw) : raw;
  return path.startsWith('b/') ? path.slice(2) : undefined;
}

const ESCAPES: Record<string, number> = { a: 7, b: 8, t: 9, n: 10, v: 11, f: 12, r: 13, '"': 34, '\\': 92 };

export function unquote(quoted: string): string {
  const bytes: number[] = [];
  const inner = quoted.slice(1, -1);
  for (const part of inner.matchAll(/\\([0-7]{3})|\\(.)|([^\\]+)/gs)) {
    if (part[1] !== undefined) bytes.push(Number.parseInt(part[1], 8));
    else if (part[2] !== undefined) bytes.push(ESCAPES[part[2]] ?? part[2].charCodeAt(0));
    else bytes.push(...new TextEncoder().encode(part[3] ?? ''));
  }
  return new TextDecoder().decode(new Uint8Array(bytes));
}
