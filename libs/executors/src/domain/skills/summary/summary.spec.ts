import type { Finding } from '@aet/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareFindings, rankFindings } from '../finding-rank.js';
import { MAX_FINDINGS, skillReport } from '../skill-report.js';
import { block, code, inline } from './markdown-text.js';
import { readOutcomes } from './review-input.js';
import { reviewMarkdown } from './review-markdown.js';
import { reviewResult } from './review-result.js';
import { planQueries } from './source-queries.js';

const finding = (more: Partial<Finding> = {}): Finding => ({ source: 's', rule: 'r/a', severity: 'high', message: 'm', ...more });
const range = { project: 'p', head: 'a'.repeat(40), base: null, wholeTree: true, fileCount: 1, leftOut: { binary: 2 } };
const error = { error: { code: 'ATTEMPT_FAILED', message: 'no', retryable: false } };
const report = (...findings: Finding[]) => skillReport({ findings });
const resultOf = (outputs: object) => reviewResult(readOutcomes({ range, ...outputs }));

describe('rankFindings', () => {
  it('goes by severity, certainty, file, line', () => {
    const ranked = [
      finding({ severity: 'critical', certainty: 'possible' }),
      finding({ file: 'a', line: 2 }),
      finding({ file: 'a', line: 10 }),
      finding({ file: 'b' }),
      finding({ certainty: 'likely', file: 'a' }),
      finding({ severity: 'info' }),
    ];
    expect(rankFindings(ranked.toReversed())).toEqual(ranked);
  });
  it('does not depend on the order in which findings came', () => {
    const any = fc.record({
      source: fc.constant('s'),
      rule: fc.constantFrom('a', 'b'),
      severity: fc.constantFrom('critical', 'low', 'info'),
      message: fc.constantFrom('x', 'y'),
      line: fc.nat(3),
    });
    fc.assert(
      fc.property(fc.array(any as fc.Arbitrary<Finding>), (findings) => {
        const ranked = rankFindings(findings);
        expect(rankFindings(findings.toReversed())).toEqual(ranked);
        expect(ranked.every((item, i) => i === 0 || compareFindings(ranked[i - 1] ?? item, item) <= 0)).toBe(true);
      }),
    );
  });
});

describe('skillReport', () => {
  it('stays small and says what it left out', () => {
    const long = 'x'.repeat(5000);
    const many = Array.from({ length: 500 }, (_, i) =>
      finding({ message: long, remedy: long, file: long, pointer: long, line: i }),
    );
    const result = skillReport({ findings: many, notChecked: Array.from({ length: 200 }, (_, i) => `${i} ${long}`) });
    expect(result.findings.length).toBeGreaterThan(50);
    expect(result.findings.length + result.leftOut).toBe(500);
    expect(skillReport({ findings: Array.from({ length: 500 }, () => finding()) }).findings).toHaveLength(MAX_FINDINGS);
    expect(result.notChecked.at(-1)).toBe('… and 180 more');
    expect(Buffer.byteLength(JSON.stringify(result))).toBeLessThan(100_000);
  });
});

describe('reviewResult', () => {
  it.each<[string, object, string, string]>([
    ['nothing found', { secrets: report() }, 'clean', 'no findings above info'],
    ['medium', { secrets: report(finding({ severity: 'medium' })) }, 'attention', '1 medium'],
    ['high', { secrets: report(finding()) }, 'blocked', '1 high'],
    ['a step failed', { secrets: error }, 'incomplete', 'not done: secrets'],
    ['a step failed and something was found', { secrets: error, contracts: report(finding()) }, 'blocked', 'not done: secrets'],
    ['only the written review failed', { secrets: report(), written: error }, 'clean', '1 low'],
    ['batches failed', { index: [error, { batch: 1, chunks: 3 }] }, 'blocked', '1 high'],
  ])('%s', (_, outputs, verdict, words) => {
    const result = resultOf(outputs);
    expect(result.verdict).toBe(verdict);
    expect(result.headline).toContain(words);
  });

  it('makes a finding of a step that could not be done', () => {
    expect(resultOf({ tests: error }).findings).toMatchObject([
      { rule: 'review/step-failed', severity: 'high', message: 'step tests could not be done: no' },
    ]);
  });
});

describe('reviewMarkdown', () => {
  it('says what was not checked and lets no text of a repository become markup', () => {
    const evil = finding({ message: '<img src=x> | [a](http://x) *b*\n# c', file: 'a|b`c\nd.ts', line: 3, pointer: '/a' });
    const outcomes = readOutcomes({ range, secrets: skillReport({ findings: [evil], notChecked: ['3 binary file(s)'] }) });
    const markdown = reviewMarkdown({ range, outcomes, result: reviewResult(outcomes) });
    expect(markdown).toContain('- Secrets: 3 binary file(s)');
    expect(markdown).toContain('not indexed were 2 binary file(s)');
    expect(markdown).not.toMatch(/<img|\]\(http|\n# c/);
    expect(markdown).toContain('`` a∣b`c\\nd.ts:3 ``');
  });
  it('fences any text', () => {
    expect(inline('a\u0000b')).toBe('a b');
    expect(code('plain')).toBe('`plain`');
    expect(block('```\nx')).toMatch(/^````\n/);
  });
});

describe('planQueries', () => {
  it('asks once for findings of one place, nothing for info, and not without end', () => {
    const same = finding({ file: 'a/b.ts', message: 'createUser is gone' });
    expect(planQueries([same, same, finding({ severity: 'info' })])).toEqual([
      { query: 'a b.ts createUser gone r', findings: [0, 1] },
    ]);
    expect(planQueries(Array.from({ length: 40 }, (_, i) => finding({ file: `f${i}` })))).toHaveLength(12);
  });
});
