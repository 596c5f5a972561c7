import { WorkflowInvalid } from '@aet/contracts';

/** Keys and indexes from the root of the document. */
export type Path = readonly (string | number)[];

/** One thing wrong in a workflow. Line and column from 1, when it came from a file. */
export interface WorkflowProblem {
  path: Path;
  message: string;
  file?: string;
  line?: number;
  column?: number;
}

const where = (problem: WorkflowProblem): string => {
  const path = problem.path.join('.');
  if (problem.line === undefined) return path === '' ? '' : `${path}: `;
  return `${problem.file ?? 'workflow'}:${problem.line}:${problem.column ?? 1}: ${path === '' ? '' : `${path}: `}`;
};

/** One error for all problems: each on its line, and as data in the details. */
export const workflowInvalid = (name: string, problems: readonly WorkflowProblem[]): WorkflowInvalid =>
  new WorkflowInvalid(
    [`the workflow ${name} is not valid:`, ...problems.map((problem) => `  ${where(problem)}${problem.message}`)].join('\n'),
    { details: { problems } },
  );

/** Runs `produce`; an error becomes a problem at `path`, else `consume` says what is wrong with its value. */
export function problemOf<T>(
  path: Path,
  produce: () => T,
  consume: (value: T) => WorkflowProblem[] = () => [],
): WorkflowProblem[] {
  let value: T;
  try {
    value = produce();
  } catch (error) {
    return [{ path, message: (error as Error).message }];
  }
  return consume(value);
}
