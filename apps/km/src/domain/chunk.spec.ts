import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { kindOf, MAX_CHARACTERS, MAX_LINES } from './chunk.js';
import { chunkDocument } from './chunk-document.js';
import { searchTerms } from './search-terms.js';
import { snippet } from './snippet.js';

describe('chunks', () => {
  const line = fc.oneof(
    fc.string(),
    fc.constantFrom('', '# A', '## B', '```', 'export function f() {', '// why', 'x'.repeat(5000)),
  );
  const document = fc.array(line, { maxLength: 300 }).map((lines) => lines.join('\n'));

  it.each(['markdown', 'code', 'text'] as const)('of %s hold every line with text once, in order, within the bounds', (kind) => {
    fc.assert(
      fc.property(document, (content) => {
        const chunks = chunkDocument(kind, content);
        const lines = content.split(/\r?\n/);
        const covered = chunks.flatMap(({ startLine, endLine }) =>
          Array.from({ length: endLine - startLine + 1 }, (_, i) => startLine + i),
        );
        const withText = lines.flatMap((text, index) => (text.trim() === '' ? [] : [index + 1]));
        expect(new Set(covered).size).toBe(covered.length);
        expect(covered).toEqual(covered.toSorted((a, b) => a - b));
        expect(withText.filter((number) => !covered.includes(number))).toEqual([]);
        for (const chunk of chunks) {
          expect(chunk.endLine - chunk.startLine).toBeLessThan(MAX_LINES);
          expect(chunk.text.length).toBeLessThanOrEqual(MAX_CHARACTERS);
        }
      }),
    );
  });

  it('of Markdown are sections with their path of headings; a fence hides a #', () => {
    const chunks = chunkDocument('markdown', '# Guide\nintro\n## Install\n```sh\n# not a heading\n```\n# Next\nend');
    expect(chunks.map(({ title, startLine, endLine }) => [title, startLine, endLine])).toEqual([
      ['Guide', 1, 2],
      ['Guide › Install', 3, 6],
      ['Next', 7, 8],
    ]);
  });

  it('of code begin at definitions, with the comment above', () => {
    const body = '  work();\n'.repeat(25);
    const chunks = chunkDocument(
      'code',
      `import x;\n\n/** Adds. */\nexport function add() {\n${body}}\n\nclass Sum {\n${body}}\n`,
    );
    expect(chunks.map(({ title, startLine }) => [title, startLine])).toEqual([
      [undefined, 1],
      ['add', 3],
      ['Sum', 32],
    ]);
  });

  it('know their kind by the path', () => {
    expect(['a/README.md', 'src/x.ts', 'Dockerfile', 'LICENSE'].map(kindOf)).toEqual(['markdown', 'code', 'code', 'text']);
  });
});

describe('search terms', () => {
  it('hold an identifier whole and in parts', () => {
    expect(searchTerms('getUserById HTTPServer max_retry')).toEqual([
      'getuserbyid',
      'get',
      'user',
      'by',
      'id',
      'httpserver',
      'http',
      'server',
      'max_retry',
      'max',
      'retry',
    ]);
  });

  it('are empty without a word', () => {
    expect(searchTerms('?! --')).toEqual([]);
  });
});

describe('a snippet', () => {
  it('shows the lines around the best match and their numbers', () => {
    const text = Array.from({ length: 40 }, (_, i) => (i === 20 ? 'the lease expires here' : `line ${i} ${'x'.repeat(60)}`)).join(
      '\n',
    );
    const cited = snippet(text, 101, ['lease', 'expires']);
    expect(cited.snippet).toContain('the lease expires here');
    expect(cited.startLine).toBeLessThanOrEqual(121);
    expect(cited.endLine).toBeGreaterThanOrEqual(121);
    expect(
      text
        .split('\n')
        .slice(cited.startLine - 101, cited.endLine - 100)
        .join('\n'),
    ).toBe(cited.snippet);
  });

  it('never fails on odd text', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 3000 }), fc.array(fc.string({ maxLength: 5 })), (text, terms) => {
        const cited = snippet(text, 1, terms);
        expect(cited.snippet.length).toBeLessThanOrEqual(400);
        expect(cited.endLine).toBeGreaterThanOrEqual(cited.startLine);
      }),
    );
  });
});
