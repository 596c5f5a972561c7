import { type Chunk, MAX_LINES, pieces } from './chunk.js';

/**
 * The line that begins a top-level definition, in the languages of our users, with its name in the one group that matches.
 * A parser for each would be more exact; a missed definition only makes a chunk longer.
 */
const DEFINITION =
  /^(?:export\s+)?(?:default\s+)?(?:public\s+|private\s+|internal\s+|abstract\s+|final\s+|static\s+|async\s+|pub(?:\([^)]*\))?\s+)*(?:class|interface|enum|struct|trait|impl|type|function\*?|func|fn|def|module|namespace|record|object|const|let|var)\s+(?:\([^)]*\)\s*)?([A-Za-z_$][\w$]*)/;

/** Small neighbours share a chunk up to this many lines. */
const ENOUGH_LINES = 20;

/** Chunks that begin at top-level definitions; the comment above a definition belongs to it. */
export function chunkCode(content: string): Chunk[] {
  const lines = content.split(/\r?\n/);
  const starts = definitionStarts(lines);
  const chunks: Chunk[] = [];
  let open = { line: 0, names: [] as string[] };
  const close = (end: number) => {
    const title = open.names.slice(0, 3).join(', ');
    chunks.push(...pieces(lines.slice(open.line, end), open.line + 1, title === '' ? undefined : title));
  };
  for (const { line, name, next } of starts) {
    const fits = line - open.line < ENOUGH_LINES && next - open.line <= MAX_LINES;
    if (!fits || open.names.length === 0) {
      if (line > open.line) close(line);
      open = { line, names: [] };
    }
    open.names.push(name);
  }
  close(lines.length);
  return chunks;
}

function definitionStarts(lines: readonly string[]): { line: number; name: string; next: number }[] {
  const found = lines.flatMap((text, line) => {
    const name = DEFINITION.exec(text)?.[1];
    return name === undefined ? [] : [{ line: withComment(lines, line), name }];
  });
  return found.map((start, index) => ({ ...start, next: found[index + 1]?.line ?? lines.length }));
}

/** The first line of the comment or decorator block that stands directly above. */
function withComment(lines: readonly string[], definition: number): number {
  let line = definition;
  while (line > 0 && /^\s*(\/\/|\/\*|\*|#(?!include)|@|"""|--)/.test(lines[line - 1] ?? '')) line--;
  return line;
}
