import { describe, expect, it } from 'vitest';
import { parseAddedLines, unquote } from './added-lines.js';
import { hideLines } from './hide-lines.js';
import { isAdded, secretFinding, type SecretHit } from './secret-finding.js';

const hit = (more: Partial<SecretHit> = {}): SecretHit => ({
  ruleId: '@secretlint/secretlint-rule-aws',
  messageId: 'AWSAccountID',
  startLine: 2,
  endLine: 2,
  suppressed: false,
  ...more,
});

describe('parseAddedLines', () => {
  it('keeps to the hunks, even when content looks like a header', () => {
    const patch = [
      'diff --git a/a.txt b/a.txt',
      '--- a/a.txt',
      '+++ b/a.txt',
      '@@ -1 +1,2 @@',
      '-old',
      '+++ b/evil.txt',
      '+@@ -1 +90,9 @@',
      '@@ -9,0 +11 @@',
      '+last',
      '\\ No newline at end of file',
      'diff --git a/b b/b',
      '--- /dev/null',
      '+++ b/with blank\t',
      '@@ -0,0 +1,3 @@',
      '+1',
      '+2',
      '+3',
      'diff --git a/gone b/gone',
      '--- a/gone',
      '+++ /dev/null',
      '@@ -1 +0,0 @@',
      '-x',
      'diff --git "a/l\\nf" "b/l\\nf"',
      '--- "a/l\\nf"',
      '+++ "b/l\\nf"',
      '@@ -0,0 +1 @@',
      '+x',
    ].join('\n');
    const lines = parseAddedLines(patch);
    expect([...lines].map(([path, added]) => [path, [...added]])).toEqual([
      ['a.txt', [1, 2, 11]],
      ['with blank', [1, 2, 3]],
      ['l\nf', [1]],
    ]);
  });
  it('reads names as git quotes them', () => {
    expect(unquote('"b/\\303\\244 \\"q\\" \\\\ \\t ä"')).toBe('b/ä "q" \\ \t ä');
  });
});

describe('secret findings', () => {
  it('counts when one of its lines was added', () => {
    const long = hit({ startLine: 3, endLine: 6 });
    expect(isAdded(long, new Set([6]))).toBe(true);
    expect(isAdded(long, new Set([2, 7]))).toBe(false);
    expect(isAdded(long, undefined)).toBe(true);
  });
  it.each([
    ['src/a.ts', hit(), 'critical', 'likely'],
    ['docs/a.md', hit(), 'critical', 'possible'],
    ['src/a.ts', hit({ ruleId: '@secretlint/secretlint-rule-basicauth' }), 'high', 'likely'],
    ['src/a.ts', hit({ suppressed: true }), 'info', undefined],
  ])('%s', (path, found, severity, certainty) => {
    const finding = secretFinding(path, found);
    expect([finding.severity, finding.certainty]).toEqual([severity, certainty]);
  });
  it('hides whole lines and keeps the numbers of the others', () => {
    expect(
      hideLines('a\nb\nc\nd', [hit({ startLine: 2, endLine: 3 }), hit({ startLine: 4, endLine: 4, suppressed: true })]).split(
        '\n',
      ),
    ).toEqual(['a', '(hidden: looks like a secret)', '(hidden: looks like a secret)', 'd']);
  });
});
