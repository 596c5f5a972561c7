import { parseDuration, RFC3339 } from '@aet/contracts';
import { type Path, problemOf, type WorkflowProblem } from './workflow-problem.js';

/** Nothing when there is no text. */
export const durationProblem = (path: Path, text: string | undefined): WorkflowProblem[] =>
  text === undefined ? [] : problemOf(path, () => parseDuration(text));

/** With its zone; a day that does not exist is none. */
export const isTime = (text: string): boolean => RFC3339.test(text) && !Number.isNaN(Date.parse(text));
