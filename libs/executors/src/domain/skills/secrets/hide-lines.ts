import type { SecretHit } from './secret-finding.js';

const HIDDEN = '(hidden: looks like a secret)';

/** The text with the lines of secrets replaced; all other lines keep their numbers. */
export function hideLines(text: string, hits: readonly SecretHit[]): string {
  if (hits.length === 0) return text;
  const lines = text.split('\n');
  for (const { startLine, endLine, suppressed } of hits) {
    if (suppressed) continue;
    for (let line = startLine; line <= endLine && line <= lines.length; line += 1) lines[line - 1] = HIDDEN;
  }
  return lines.join('\n');
}
