import type { FanOut, WorkflowStep } from '@aet/contracts';
import { FAN_OUT_LIMIT } from '../run/limits.js';
import { compileOutputSchema } from './output-schema.js';
import { durationProblem, isTime } from './check-values.js';
import { type Path, problemOf, type WorkflowProblem } from './workflow-problem.js';

/** What is wrong with one step beside its shape, its expressions and its place in the graph. */
export function stepProblems(name: string, step: WorkflowStep): WorkflowProblem[] {
  const at = (...path: Path): Path => ['steps', name, ...path];
  return [
    ...timeProblems(step, at),
    ...(step.map === undefined ? [] : mapProblems(step.map, (...path) => at('map', ...path))),
    ...(step.branch === undefined ? [] : caseProblems(step.branch, (...path) => at('branch', ...path))),
    ...(step.wait === undefined ? [] : waitProblems(step.wait, (...path) => at('wait', ...path))),
    ...approvalProblems(step.approval, at),
    ...(step.outputSchema === undefined ? [] : problemOf(at('outputSchema'), () => compileOutputSchema(step.outputSchema ?? {}))),
  ];
}

type At = (...path: Path) => Path;

function timeProblems(step: WorkflowStep, at: At): WorkflowProblem[] {
  const { retry, compensate, cache } = step;
  return [
    ...durationProblem(at('timeout'), step.timeout),
    ...durationProblem(at('heartbeat'), step.heartbeat),
    ...durationProblem(at('delay'), step.delay),
    ...durationProblem(at('deadline'), step.deadline),
    ...durationProblem(at('retry', 'initial'), retry?.initial),
    ...durationProblem(at('retry', 'max'), retry?.max),
    ...durationProblem(at('compensate', 'timeout'), compensate?.timeout),
    ...durationProblem(at('compensate', 'retry', 'initial'), compensate?.retry?.initial),
    ...durationProblem(at('compensate', 'retry', 'max'), compensate?.retry?.max),
    ...durationProblem(at('cache', 'ttl'), typeof cache === 'object' ? cache.ttl : undefined),
  ];
}

function mapProblems({ over, quorum, tolerate }: FanOut, at: At): WorkflowProblem[] {
  if (!Array.isArray(over)) return [];
  const tooLong = over.length > FAN_OUT_LIMIT;
  const more = (amount: unknown): boolean => typeof amount === 'number' && amount > over.length;
  const items = `the list has ${over.length} item${over.length === 1 ? '' : 's'}`;
  return [
    ...(tooLong ? [{ path: at('over'), message: `${items}; ${FAN_OUT_LIMIT} are allowed: group them` }] : []),
    ...(more(quorum) ? [{ path: at('quorum'), message: `can never be reached: ${items}` }] : []),
    ...(more(tolerate) ? [{ path: at('tolerate'), message: `allows more failures than there can be: ${items}` }] : []),
  ];
}

/** What stands behind a case that always holds is never taken. */
function caseProblems(cases: readonly { when?: string }[], at: At): WorkflowProblem[] {
  const always = cases.findIndex(({ when }) => when === undefined);
  return always < 0 || always === cases.length - 1
    ? []
    : [{ path: at(always + 1), message: 'is never taken: the case before it has no "when", and so always holds' }];
}

const ENDS = ['for', 'until', 'signal'] as const;

function waitProblems(wait: NonNullable<WorkflowStep['wait']>, at: At): WorkflowProblem[] {
  const given = ENDS.filter((key) => wait[key] !== undefined);
  const { until } = wait;
  return [
    ...(given.length === 1
      ? []
      : [{ path: at(), message: `has exactly one of for, until and signal; this one has ${given.join(' and ') || 'none'}` }]),
    ...(wait.timeout !== undefined && wait.signal === undefined
      ? [{ path: at('timeout'), message: 'belongs to a signal: a wait for a time ends by itself' }]
      : []),
    ...(typeof until === 'string' && !until.includes('${{') && !isTime(until)
      ? [{ path: at('until'), message: 'must be a time with its zone, such as 2026-01-31T18:00:00Z, or an expression' }]
      : []),
    ...durationProblem(at('for'), wait.for),
    ...durationProblem(at('timeout'), wait.timeout),
  ];
}

function approvalProblems(approval: WorkflowStep['approval'], at: At): WorkflowProblem[] {
  const unused = approval?.onTimeout !== undefined && approval.timeout === undefined;
  return [
    ...durationProblem(at('approval', 'timeout'), approval?.timeout),
    ...(unused ? [{ path: at('approval', 'onTimeout'), message: 'has no effect without a "timeout"' }] : []),
  ];
}
