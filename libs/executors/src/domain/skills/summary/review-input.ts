import { Severity, type ErrorBody, type Finding } from '@aet/contracts';
import type { DependencyChanges, TestOutcome } from './step-extras.js';
import { asArray, asObject, asString, isObject } from '../json.js';
import type { ReviewRange } from '../range/review-range.js';
import type { SkillReport } from '../skill-report.js';

const SUMMARY_SOURCE = 'review-summary';

/** What a step of the workflow left: its report, why it has none, or nothing because it was skipped. */
export type StepOutcome =
  | { step: string; title: string; kind: 'done'; report: SkillReport; tests?: TestOutcome; changes?: DependencyChanges }
  | { step: string; title: string; kind: 'failed'; error: ErrorBody }
  | { step: string; title: string; kind: 'skipped' };

/** The input of `review-summary`: outputs of the steps by name. `{ error }` stands for a step that failed and let the run go on. */
export interface SummaryInput {
  range: Pick<ReviewRange, 'project' | 'head' | 'base' | 'wholeTree' | 'fileCount' | 'leftOut'> & Partial<ReviewRange>;
  index?: unknown;
  secrets?: unknown;
  contracts?: unknown;
  tests?: unknown;
  dependencies?: unknown;
  written?: unknown;
}

const TITLES = {
  secrets: 'Secrets',
  contracts: 'Contracts',
  tests: 'Tests',
  dependencies: 'Dependencies',
} as const;

const errorOf = (output: unknown): ErrorBody | undefined => {
  const error = asObject(output)['error'];
  if (!isObject(error)) return undefined;
  return {
    code: asString(error['code']) ?? 'INTERNAL',
    message: asString(error['message']) ?? 'no reason was given',
    retryable: error['retryable'] === true,
  };
};

/** In the order of the report. */
export function readOutcomes(input: SummaryInput): StepOutcome[] {
  const checks = (Object.keys(TITLES) as (keyof typeof TITLES)[]).map((step) => readOutcome(step, TITLES[step], input[step]));
  return [...checks, indexOutcome(input.index), ...writtenOutcome(input.written)];
}

function readOutcome(step: string, title: string, output: unknown): StepOutcome {
  const error = errorOf(output);
  if (error) return { step, title, kind: 'failed', error };
  if (!isObject(output) || !Array.isArray(output['findings'])) return { step, title, kind: 'skipped' };
  const report = output as unknown as SkillReport;
  const outcome: StepOutcome = { step, title, kind: 'done', report };
  if (step === 'tests') outcome.tests = output as unknown as TestOutcome;
  if (isObject(output['changes'])) outcome.changes = output['changes'] as unknown as DependencyChanges;
  return outcome;
}

const COUNTED = ['indexed', 'added', 'updated', 'unchanged', 'removed', 'chunks', 'skipped'] as const;

/** Sums up the batches of the fan-out; a batch that failed is said, the others count. */
function indexOutcome(output: unknown): StepOutcome {
  const [step, title] = ['index', 'Knowledge'];
  const whole = errorOf(output);
  if (whole) return { step, title, kind: 'failed', error: whole };
  if (!Array.isArray(output)) return { step, title, kind: 'skipped' };
  const errors = output.flatMap((batch) => errorOf(batch) ?? []);
  const counts: Record<string, number> = { batches: output.length };
  for (const name of COUNTED) {
    counts[name] = output.reduce<number>((sum, batch) => sum + (Number(asObject(batch)[name]) || 0), 0);
  }
  const [first] = errors;
  const findings: Finding[] = first
    ? [
        {
          source: 'document-index',
          rule: 'review/step-failed',
          severity: Severity.High,
          message: `${errors.length} of ${output.length} batches could not be indexed: ${first.message}`,
          remedy: 'Run the review again; what is indexed already costs no write.',
        },
      ]
    : [];
  return { step, title, kind: 'done', report: { findings, leftOut: 0, counts, notes: [], notChecked: [] } };
}

function writtenOutcome(output: unknown): StepOutcome[] {
  const error = errorOf(output);
  return error ? [{ step: 'written', title: 'Written review', kind: 'failed', error }] : [];
}

export const writtenText = (input: SummaryInput): string | undefined => asString(asObject(input.written)['text']);

/** All findings, and one for each step that could not be done: silence must not look like health. */
export function collectFindings(outcomes: readonly StepOutcome[]): Finding[] {
  return outcomes.flatMap((outcome) => {
    if (outcome.kind === 'done') return asArray(outcome.report.findings) as Finding[];
    if (outcome.kind === 'skipped') return [];
    const finding: Finding = {
      source: SUMMARY_SOURCE,
      rule: 'review/step-failed',
      severity: outcome.step === 'written' ? Severity.Low : Severity.High,
      message: `step ${outcome.step} could not be done: ${outcome.error.message}`,
      remedy: outcome.error.retryable
        ? 'Run the review again.'
        : 'Remove the cause that the message names, then run the review again.',
    };
    return [finding];
  });
}
