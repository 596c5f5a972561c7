import { describe, expect, it } from 'vitest';
import { ContractGuardianSkill } from '../src/adapters/skills/contract-guardian.skill.js';
import { DocumentIndexSkill } from '../src/adapters/skills/document-index.skill.js';
import { ReviewSummarySkill } from '../src/adapters/skills/review-summary.skill.js';
import { SecretScanSkill } from '../src/adapters/skills/secret-scan.skill.js';
import { GitFixture } from './git-fixture.js';
import { SkillBench } from './skill-bench.js';

const schema = (required: string[]): string =>
  JSON.stringify(
    { $schema: 'https://json-schema.org/draft/2020-12/schema', type: 'object', properties: { a: { type: 'string' } }, required },
    null,
    2,
  );

async function review(repo: GitFixture, bench: SkillBench) {
  const range = await bench.range(repo.path);
  const index: unknown[] = [];
  for (const batch of range.batches) index.push(await bench.run(new DocumentIndexSkill(), { ...range, batch }));
  const secrets = await bench.run(new SecretScanSkill(), range);
  const contracts = await bench.run(new ContractGuardianSkill(), range);
  return { range, index, secrets, contracts };
}

describe('review-summary', () => {
  it('ranks the findings of all steps, cites sources and stores both reports', async () => {
    using repo = GitFixture.init();
    using bench = new SkillBench();
    repo.write('user.schema.json', schema([])).commit();
    repo
      .write('user.schema.json', schema(['a']))
      .write('pay.ts', `const key = "${['ghp', 'abcdefghijklmnopqrstuvwxyzABCDEFGH12'].join('_')}";\n`)
      .commit();
    const outputs = await review(repo, bench);
    const tests = { error: { code: 'ATTEMPT_TIMEOUT', message: 'took too long', retryable: true } };
    const input = { ...outputs, tests, dependencies: null, written: { text: 'Looks risky.' } };
    const summary = await bench.run(new ReviewSummarySkill(), input);
    expect(summary.findings.map(({ rule }) => rule)).toEqual([
      'secret/github',
      'schema/property-became-required',
      'review/step-failed',
    ]);
    expect(summary.counts).toMatchObject({ critical: 1, high: 2 });
    expect(summary).toMatchObject({ verdict: 'blocked', written: 'Looks risky.' });
    expect(summary.findings[1]?.citations).toContainEqual(
      expect.objectContaining({ path: 'user.schema.json', startLine: 1, endLine: 12 }),
    );
    expect(JSON.stringify([summary, [...bench.artifacts], [...bench.documents], bench.logs])).not.toContain('abcdefghijklmnop');
    const markdown = bench.artifacts.get('review.md')?.text ?? '';
    expect(markdown).toContain('**critical** (likely) `secret/github` `pay.ts:1`');
    expect(markdown).toContain('`user.schema.json:1-12`');
    expect(markdown).toContain('step tests could not be done: took too long');
    expect(markdown).toContain('| Dependencies | skipped |');
    expect(bench.artifacts.get('review.json')?.mediaType).toBe('application/json');
    expect(JSON.parse(bench.artifacts.get('review.json')?.text ?? '')).toMatchObject({ schema: 'aet/review.v1', total: 3 });
    const again = await bench.run(new ReviewSummarySkill(), input);
    expect(again).toEqual(summary);
  });

  it('writes the report even when the sources cannot be searched', async () => {
    using repo = GitFixture.init();
    using bench = new SkillBench();
    repo.write('user.schema.json', schema([])).commit();
    repo.write('user.schema.json', schema(['a'])).commit();
    const outputs = await review(repo, bench);
    const context = bench.context();
    context.services.search = () => Promise.reject(new Error('km is away'));
    const summary = await new ReviewSummarySkill().run(outputs, context);
    expect(summary.total).toBe(1);
    expect(bench.artifacts.get('review.md')?.text).toContain('Sources could not be looked up: km is away');
  });
});
