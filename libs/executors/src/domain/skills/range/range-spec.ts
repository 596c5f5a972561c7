import { AttemptFailed } from '@aet/contracts';

/** What the user asked to review. `symmetric` is `A...B`: from the merge base of both to B. */
export type RangeSpec =
  { kind: 'last-commit' } | { kind: 'pair'; base: string; head: string; symmetric: boolean } | { kind: 'since'; base: string };

/** No leading dash: a revision must never be read as an option. Source: git-check-ref-format, gitrevisions. */
const REVISION = /^(?!-)[^\s\p{Cc}]{1,250}$/u;

function revision(text: string, range: string): string {
  if (text === '') return 'HEAD';
  if (REVISION.test(text) && !text.includes('..')) return text;
  throw new AttemptFailed(`"${range}" is not a range of commits: write A..B, such as main..HEAD`, { retryable: false });
}

/** `A..B`, `A...B`, `A..` (to HEAD), or one revision `A` (the same as `A..HEAD`). Empty: the last commit. */
export function parseRange(range: string | null | undefined): RangeSpec {
  const text = (range ?? '').trim();
  if (text === '') return { kind: 'last-commit' };
  const pair = /^(.*?)(\.\.\.?)(.*)$/s.exec(text);
  if (!pair) return { kind: 'since', base: revision(text, text) };
  return {
    kind: 'pair',
    base: revision(pair[1] ?? '', text),
    head: revision(pair[3] ?? '', text),
    symmetric: pair[2] === '...',
  };
}
