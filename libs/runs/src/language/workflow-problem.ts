import { WorkflowInvalid } from '@aet/contracts';

/** One thing wrong in a workflow. Line and column from 1, when it came from a file. */
export interface WorkflowProblem {
  path: (string | number)[];
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
