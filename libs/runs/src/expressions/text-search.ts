import type { Budget } from './budget.js';

/** The engine's search skips so many characters at a time at most: against it, a text and a part can be made that cost their product. */
const LONGEST_SKIP = 250;

/** The text, paid for to be searched for the part: the worst case, as a workflow may be made for it. */
export function searched(text: string, part: string, budget: Budget): string {
  const places = Math.max(text.length - part.length, 0) + 1;
  budget.spendText(text.length + (places * part.length) / LONGEST_SKIP);
  return text;
}

/** The same where the search goes place by place. */
export function searchedSlowly(text: string, part: string, budget: Budget): string {
  const places = Math.max(text.length - part.length, 0) + 1;
  budget.spendText(text.length + places * part.length);
  return text;
}
