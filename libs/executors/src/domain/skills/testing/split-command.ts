/** What only a shell gives a meaning to. Outside quotes such a character makes the whole command unusable. */
const SHELL = /[|&;<>()$`*?[\]{}~#!\n\\]/;

/** Splits a command line by blanks and quotes, without a shell. Undefined: empty, an open quote, or something that only a shell understands. */
export function splitCommand(line: string): string[] | undefined {
  const words: string[] = [];
  let word: string | undefined;
  let quote = '';
  for (const char of line.trim()) {
    if (quote !== '') {
      if (char === quote) quote = '';
      else if (quote === '"' && /[$`\\]/.test(char)) return undefined;
      else word = (word ?? '') + char;
    } else if (char === '"' || char === "'") {
      quote = char;
      word ??= '';
    } else if (/\s/.test(char) && char !== '\n') {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else if (SHELL.test(char)) return undefined;
    else word = (word ?? '') + char;
  }
  if (quote !== '') return undefined;
  if (word !== undefined) words.push(word);
  return words.length === 0 || words[0] === '' ? undefined : words;
}
