/** Most words of a query that are looked for; the rest adds time, not hits. */
const MAX_TERMS = 24;

/**
 * The words of a text as an index sees them: whole, and split at the borders inside identifiers,
 * so that `getUserById` is found by `user` and by `getUserById`. Lower case, without repetition.
 */
export function wordsOf(text: string): string[] {
  const words = text.match(/[\p{L}\p{N}_$]+/gu) ?? [];
  return [...new Set(words.flatMap((word) => [word.toLowerCase(), ...partsOf(word)]))];
}

function partsOf(word: string): string[] {
  const parts = word
    .replaceAll(/([\p{Ll}\p{N}])(\p{Lu})/gu, '$1 $2')
    .replaceAll(/(\p{Lu})(\p{Lu}\p{Ll})/gu, '$1 $2')
    .split(/[\s_$]+/)
    .filter((part) => part.length > 1);
  return parts.length > 1 ? parts.map((part) => part.toLowerCase()) : [];
}

/** What to look for. Empty when the query has no word. */
export const searchTerms = (query: string): string[] => wordsOf(query).slice(0, MAX_TERMS);
