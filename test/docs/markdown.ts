/** A fenced block: the words behind the fence, the text, and the line (from 1) of its fence. */
export interface FencedBlock {
  info: string[];
  text: string;
  line: number;
}

export interface Link {
  target: string;
  line: number;
}

const FENCE = /^ {0,3}(`{3,}|~{3,})\s*(.*)$/;

/** Splits a page into its fenced blocks and its prose, in which the lines of blocks are left empty. */
export function splitFences(page: string): { blocks: FencedBlock[]; prose: string[] } {
  const blocks: FencedBlock[] = [];
  const prose: string[] = [];
  let open: { fence: string; block: FencedBlock; lines: string[] } | undefined;
  for (const [index, line] of page.split('\n').entries()) {
    const match = FENCE.exec(line);
    if (open === undefined && match?.[1] !== undefined) {
      const info = (match[2] ?? '').trim().split(/\s+/).filter(Boolean);
      open = { fence: match[1], block: { info, text: '', line: index + 1 }, lines: [] };
    } else if (open !== undefined && match?.[1]?.startsWith(open.fence) === true && match[2] === '') {
      blocks.push({ ...open.block, text: `${open.lines.join('\n')}\n` });
      open = undefined;
    } else if (open !== undefined) {
      open.lines.push(line);
    }
    prose.push(open !== undefined || match !== null ? '' : line);
  }
  if (open !== undefined) throw new Error(`the block that begins in line ${open.block.line} has no end`);
  return { blocks, prose };
}

/** The links of a page's prose: `[text](target)` and `[name]: target`, not those in code. */
export const linksOf = (page: string): Link[] =>
  splitFences(page).prose.flatMap((line, index) => {
    const text = line.replaceAll(/(`+)(?:(?!\1).)*\1/g, '');
    const inline = [...text.matchAll(/\]\(<?([^)\s>]+)>?(?:\s+"[^"]*")?\)/g)].map(([, target = '']) => target);
    const named = /^\[[^\]]+\]:\s+(\S+)/.exec(text)?.[1];
    return [...inline, ...(named === undefined ? [] : [named])].map((target) => ({ target, line: index + 1 }));
  });

/** The anchors that GitHub gives to a page's headings. */
export function anchorsOf(page: string): Set<string> {
  const seen = new Map<string, number>();
  const anchors = splitFences(page).prose.flatMap((line) => {
    const title = /^#{1,6}\s+(.*?)\s*#*$/.exec(line)?.[1];
    if (title === undefined) return [];
    const words = title.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1').toLowerCase();
    const slug = words.replaceAll(/[^\p{L}\p{N}\s_-]/gu, '').replaceAll(' ', '-');
    const times = seen.get(slug) ?? 0;
    seen.set(slug, times + 1);
    return [times === 0 ? slug : `${slug}-${times}`];
  });
  return new Set(anchors);
}
