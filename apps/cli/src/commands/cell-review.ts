import { AttemptFailed, RunStatus, type RunView, type SubmitRun } from '@aet/contracts';
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import type { ConsoleOutput } from '../adapters/console-output.js';
import { type ReportFiles, saveReport } from '../adapters/report-files.js';
import type { RunningFleet } from '../adapters/running-fleet.js';
import { watchRun } from '../adapters/run-watch.js';
import { type ReviewOutcome, reviewOutcome } from '../domain/review-outcome.js';

/** A gateway, or what it asks, may be killed and come back during the job. */
const PATIENCE_MS = 120_000;

/** What is reviewed, and by which cell. */
export interface ReviewOrder {
  cell: string;
  repo: string;
  range?: string;
}

/** A review that came to its end. Without an outcome the workflow was replaced by one that gives something else. */
export interface FinishedReview {
  cell: string;
  view: RunView;
  outcome?: ReviewOutcome;
  files?: ReportFiles;
}

/**
 * Submits the workflow `review` to a cell, follows it and saves its report.
 * @throws when the run cannot be submitted, failed, or the signal aborts
 */
export async function reviewIn(
  order: ReviewOrder,
  fleet: RunningFleet,
  output: ConsoleOutput,
  signal: AbortSignal,
): Promise<FinishedReview> {
  const { cell } = order;
  const gateway = fleet.gateway({ cell, patienceMs: PATIENCE_MS, signal });
  const { runId } = await gateway.submit(requestOf(order, existsSync(fleet.state.secret('anthropic.key'))));
  output.note(`reviewing ${order.repo} in cell ${cell}: run ${runId}`);
  const view = await watchRun(gateway, runId, output, signal);
  if (view.status !== RunStatus.Completed) throw failureOf(view);
  const outcome = reviewOutcome(view.output);
  if (outcome === undefined) return { cell, view };
  const names = { markdown: outcome.report.markdown.name, json: outcome.report.json.name };
  return { cell, view, outcome, files: await saveReport(gateway, runId, names, fleet.state.reports()) };
}

const requestOf = ({ repo, range }: ReviewOrder, writtenReview: boolean): SubmitRun => ({
  workflow: 'review',
  inputs: { repo, ...(range === undefined ? {} : { range }), ...(writtenReview ? { writtenReview } : {}) },
  idempotencyKey: `start-${randomUUID()}`,
  submittedBy: 'aet start',
});

function failureOf(view: RunView): AttemptFailed {
  const step = view.steps.find((candidate) => candidate.status === 'failed');
  const reason = view.error?.message ?? step?.error?.message ?? 'no reason was given';
  const where = step === undefined ? '' : ` in step ${step.name}`;
  return new AttemptFailed(`the review failed${where}: ${reason} (see \`aet trace ${view.runId}\`)`, { retryable: false });
}
