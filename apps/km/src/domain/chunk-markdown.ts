import { type Chunk, pieces } from './chunk.js';

const HEADING = /^(#{1,6})\s+(.*?)\s*#*\s*$/;
const FENCE = /^\s*(```|~~~)/;

/** A chunk for each section, titled by its path of headings (`Install › Linux`). A `#` inside a code fence is no heading. */
export function chunkMarkdown(content: string): Chunk[] {
  const lines = content.split(/\r?\n/);
  const chunks: Chunk[] = [];
  const path: string[] = [];
  let start = 0;
  let fence: string | undefined;
  const close = (end: number) => {
    const title = path.filter((part) => part !== '').join(' › ');
    chunks.push(...pieces(lines.slice(start, end), start + 1, title === '' ? undefined : title));
    start = end;
  };
  lines.forEach((line, index) => {
    const mark = FENCE.exec(line)?.[1];
    if (mark !== undefined && (fence === undefined || fence === mark)) fence = fence === undefined ? mark : undefined;
    const heading = fence === undefined ? HEADING.exec(line) : null;
    if (heading === null) return;
    close(index);
    const depth = (heading[1] ?? '').length;
    path.length = Math.min(path.length, depth - 1);
    while (path.length < depth - 1) path.push('');
    path.push(heading[2] ?? '');
  });
  close(lines.length);
  return chunks;
}
