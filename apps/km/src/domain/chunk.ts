/** A piece of a document that is found and cited as one. Lines from 1, both inclusive. */
export interface Chunk {
  startLine: number;
  endLine: number;
  /** Heading path or symbol that it stands under. */
  title?: string;
  text: string;
}

export type DocumentKind = 'markdown' | 'code' | 'text';

/** Longest chunk, in lines and characters: a hit must be readable at a glance, and a snippet fit in a message. */
export const MAX_LINES = 60;
export const MAX_CHARACTERS = 4_000;

const MARKDOWN = /\.(md|mdx|markdown)$/i;
const CODE =
  /\.(ts|tsx|mts|cts|js|jsx|mjs|cjs|py|rb|go|rs|java|kt|kts|scala|c|h|cc|cpp|hpp|cs|php|swift|sh|bash|sql|proto|graphql|vue|svelte|css|scss|html|ya?ml|json|toml|tf|gradle)$/i;

export function kindOf(path: string): DocumentKind {
  if (MARKDOWN.test(path)) return 'markdown';
  return CODE.test(path) || /(^|\/)(Dockerfile|Makefile)$/.test(path) ? 'code' : 'text';
}

/** Splits a run of lines that is too long for one chunk, at the lines where a cut hurts least. */
export function pieces(lines: readonly string[], firstLine: number, title: string | undefined): Chunk[] {
  const chunks: Chunk[] = [];
  let start = 0;
  while (start < lines.length) {
    const end = cut(lines, start);
    const text = lines.slice(start, end).join('\n').slice(0, MAX_CHARACTERS);
    if (text.trim() !== '') {
      chunks.push({
        startLine: firstLine + start,
        endLine: firstLine + end - 1,
        text,
        ...(title === undefined ? {} : { title }),
      });
    }
    start = end;
  }
  return chunks;
}

/** Index after the last line of the chunk that begins at `start`: the last blank line of the second half, when the rest does not fit. */
function cut(lines: readonly string[], start: number): number {
  let characters = 0;
  let end = start;
  while (end < lines.length && end - start < MAX_LINES) {
    characters += (lines[end] ?? '').length + 1;
    if (characters > MAX_CHARACTERS && end > start) break;
    end++;
  }
  if (end === lines.length) return end;
  for (let line = end - 1; line > start + (end - start) / 2; line--) if ((lines[line] ?? '').trim() === '') return line + 1;
  return end;
}
