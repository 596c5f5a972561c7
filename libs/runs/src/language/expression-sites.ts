import type { WorkflowDocument, WorkflowStep } from '@aet/contracts';
import { bareExpression, expressionsIn } from '../expressions/template.js';
import type { Path } from './workflow-problem.js';

/** An expression of a workflow, and what it sees. */
export interface Site {
  path: Path;
  expression: string;
  /** It sees the steps that this one waits for; absent: all (the run's output). */
  step?: string;
  /** First names beside `inputs` and `steps`. */
  more: readonly string[];
}
/** A text with a `${{` that has no end. */
export interface BrokenSite {
  path: Path;
  problem: string;
}

const NONE: readonly string[] = [];
const ITEM: readonly string[] = ['item', 'index'];

/** Every place of a document where an expression stands. */
export function* expressionSites(workflow: WorkflowDocument): Iterable<Site | BrokenSite> {
  for (const [name, step] of Object.entries(workflow.steps)) yield* sitesOfStep(name, step);
  yield* templates(workflow.output, ['output'], { more: NONE });
}

function* sitesOfStep(name: string, step: WorkflowStep): Iterable<Site | BrokenSite> {
  const at = (...path: Path): Path => ['steps', name, ...path];
  const plain = { step: name, more: NONE };
  const perItem = { step: name, more: step.map === undefined ? NONE : ITEM };
  yield* bare(step.when, at('when'), plain);
  yield* over(step.map?.over, at('map', 'over'), plain);
  yield* bare(step.map?.collect, at('map', 'collect'), { step: name, more: ['items'] });
  yield* templates(step.with, at('with'), perItem);
  yield* templates(step.orderKey, at('orderKey'), perItem);
  if (typeof step.cache === 'object') yield* templates(step.cache.key, at('cache', 'key'), perItem);
  yield* templates(step.compensate?.with, at('compensate', 'with'), { step: name, more: ['output'] });
  for (const [index, { when }] of (step.branch ?? []).entries()) yield* bare(when, at('branch', index, 'when'), plain);
  yield* templates(step.approval?.text, at('approval', 'text'), plain);
  yield* templates(step.wait?.until, at('wait', 'until'), plain);
  yield* templates(step.checkpoint, at('checkpoint'), plain);
}

type Sees = Pick<Site, 'step' | 'more'>;

function* bare(text: string | undefined, path: Path, sees: Sees): Iterable<Site | BrokenSite> {
  if (text === undefined) return;
  try {
    yield { path, expression: bareExpression(text), ...sees };
  } catch (error) {
    yield { path, problem: (error as Error).message };
  }
}

/** A text is an expression as a whole; a list is a template. */
const over = (value: unknown, path: Path, sees: Sees): Iterable<Site | BrokenSite> =>
  typeof value === 'string' ? bare(value, path, sees) : templates(value, path, sees);

function* templates(template: unknown, path: Path, sees: Sees): Iterable<Site | BrokenSite> {
  try {
    for (const found of expressionsIn(template, path)) yield { ...found, ...sees };
  } catch (error) {
    yield { path, problem: (error as Error).message };
  }
}
