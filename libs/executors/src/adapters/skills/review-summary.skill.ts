import type { ArtifactRef, Citation } from '@aet/contracts';
import type { Skill, SkillContext } from '../../domain/skill.js';
import { readOutcomes, writtenText, type SummaryInput } from '../../domain/skills/summary/review-input.js';
import { reviewMarkdown, type ReviewDocument } from '../../domain/skills/summary/review-markdown.js';
import { reviewResult, type CitedFinding, type ReviewResult } from '../../domain/skills/summary/review-result.js';
import { planQueries } from '../../domain/skills/summary/source-queries.js';

export interface ReviewSummary extends Omit<ReviewResult, 'findings'> {
  project: string;
  range: { head: string; base: string | null };
  report: { markdown: ArtifactRef; json: ArtifactRef };
  /** The first of the ranked list; the JSON report has all. */
  findings: CitedFinding[];
  written?: string;
}

const TOP_FINDINGS = 50;
const SOURCES_PER_FINDING = 3;
const MAX_WRITTEN = 60_000;

const step = { type: ['object', 'array', 'null'] };

/** Brings the outputs of all steps together: ranks, cites, and writes the report. The same outputs give the same report. */
export class ReviewSummarySkill implements Skill<SummaryInput, ReviewSummary> {
  readonly capability = 'review-summary';
  readonly summary = 'Ranks the findings of all steps, cites sources and writes the report.';
  readonly inputSchema = {
    type: 'object',
    required: ['range'],
    properties: {
      range: { type: 'object', required: ['project', 'head', 'base', 'fileCount', 'leftOut'] },
      index: step,
      secrets: step,
      contracts: step,
      tests: step,
      dependencies: step,
      written: step,
    },
  };

  async run(input: SummaryInput, context: SkillContext): Promise<ReviewSummary> {
    const outcomes = readOutcomes(input);
    const result = reviewResult(outcomes);
    const sourcesNote = await cite(result.findings, input.range.project, context);
    const document: ReviewDocument = { range: input.range, outcomes, result };
    if (sourcesNote !== undefined) document.sourcesNote = sourcesNote;
    const written = writtenText(input)?.slice(0, MAX_WRITTEN);
    if (written !== undefined) document.written = written;
    const report = await store(document, context);
    context.log(result.headline);
    const { findings, ...rest } = result;
    const { project, head, base } = input.range;
    const summary: ReviewSummary = { ...rest, project, range: { head, base }, report, findings: findings.slice(0, TOP_FINDINGS) };
    return written === undefined ? summary : { ...summary, written };
  }
}

/** Adds citations in place. A search that fails costs the citations, not the report; the note says so. */
async function cite(findings: CitedFinding[], project: string, context: SkillContext): Promise<string | undefined> {
  // The knowledge may hold a version from before secrets were hidden in it.
  const secret = new Set(findings.filter(({ rule }) => rule.startsWith('secret/')).map(({ file }) => file));
  for (const { query, findings: places } of planQueries(findings)) {
    let hits: Citation[];
    try {
      hits = await context.services.search(project, query, SOURCES_PER_FINDING, context.signal);
    } catch (error) {
      context.signal.throwIfAborted();
      return `Sources could not be looked up: ${error instanceof Error ? error.message : String(error)}`;
    }
    const citations = hits.slice(0, SOURCES_PER_FINDING).map(({ path, startLine, endLine, snippet }) => ({
      path,
      startLine,
      endLine,
      snippet: secret.has(path) ? '' : snippet.slice(0, 200),
    }));
    for (const place of places) findings[place]?.citations.push(...citations);
  }
  return undefined;
}

async function store(document: ReviewDocument, context: SkillContext): Promise<ReviewSummary['report']> {
  const { range, outcomes, result, written } = document;
  const { batches: _batches, files: _files, contractFiles: _contractFiles, ...about } = range;
  const json = {
    schema: 'aet/review.v1',
    range: about,
    ...result,
    steps: outcomes.map(withoutFindings),
    ...(written === undefined ? {} : { written }),
  };
  const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
  const { services, runId } = context;
  return {
    markdown: await services.putArtifact(runId, 'review.md', encode(reviewMarkdown(document)), 'text/markdown'),
    json: await services.putArtifact(runId, 'review.json', encode(`${JSON.stringify(json, null, 2)}\n`), 'application/json'),
  };
}

/** The findings of all steps stand once, ranked, at the top. */
function withoutFindings(outcome: ReviewDocument['outcomes'][number]): object {
  if (outcome.kind !== 'done') return outcome;
  const { findings, ...report } = outcome.report;
  return { ...outcome, report: { ...report, findings: findings.length } };
}
