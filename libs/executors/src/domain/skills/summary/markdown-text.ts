/** Text from a repository inside Markdown: it must neither break the table nor become markup, a link or HTML. */
export const inline = (text: string): string =>
  text
    .replaceAll(/\p{Cc}+/gu, ' ')
    .replaceAll(/[\\`*<>|]/g, (char) => (char === '<' ? '&lt;' : char === '>' ? '&gt;' : `\\${char}`))
    .replaceAll('](', ']\\(')
    .trim();

/** A code span that holds any text. Control characters are shown as in JSON. */
export function code(text: string): string {
  const shown = text.replaceAll(/\p{Cc}/gu, (char) => JSON.stringify(char).slice(1, -1)).replaceAll('|', '\u2223');
  if (!shown.includes('`')) return `\`${shown}\``;
  const longest = Math.max(...[...shown.matchAll(/`+/g)].map((match) => match[0].length));
  const fence = '`'.repeat(longest + 1);
  return `${fence} ${shown} ${fence}`;
}

/** A fenced block whose fence is longer than any inside. */
export function block(text: string): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map((match) => match[0].length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}\n${text}\n${fence}`;
}
