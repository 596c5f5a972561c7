import { assertNever, type ErrorBody, ErrorCode, isRunEnded, type RunEvent, RunEventType, RunStatus } from '@aet/contracts';
import { withinBudget } from '../expressions/budget.js';
import { advance, touchedBy } from './advance.js';
import type { Circumstances } from './circumstances.js';
import { endRun, undo } from './compensation.js';
import { Draft } from './draft.js';
import { isOverdue, nextTickAt } from './due.js';
import { adopt, decideApproval, pause, prioritize, receive, refused, resume } from './operator.js';
import { resultEvents } from './results.js';
import { resolveInputs } from './run-inputs.js';
import type { RunState } from './run-state.js';
import type { Cancel, Redrive, RunCommand, Submit } from './run.commands.js';
import { isUnderWay } from './step-state.js';

/**
 * What follows from a command: the events to append, in order; none when it is late, doubled, superseded, or changes nothing.
 * Pure: time and randomness are arguments. An expression that cannot be evaluated is a defect of the workflow and fails the run,
 * `continueOnError` or not. @throws {ValidationFailed | WorkflowInvalid} on a submit that cannot be. @throws {Conflict | Forbidden | NotFound} when an
 * operator wants what cannot be done. @throws {PayloadNeeded} when values of the object store are read that are not among the circumstances.
 */
export function decide(state: RunState | undefined, command: RunCommand, circumstances: Circumstances): RunEvent[] {
  return withinBudget(() => {
    if (command.kind === 'submit') return state === undefined ? submit(command, circumstances) : [];
    return state === undefined ? [] : respond(state, command, circumstances);
  });
}

type Later = Exclude<RunCommand, Submit>;

function respond(state: RunState, command: Later, circumstances: Circumstances): RunEvent[] {
  switch (command.kind) {
    case 'complete':
    case 'fail':
    case 'save':
    case 'end-child':
      return follow(state, resultEvents(state, command, circumstances), circumstances);
    case 'signal':
      return follow(state, receive(state, command), circumstances, waitingFor(state, command.name));
    case 'decide':
      return follow(state, decideApproval(state, command), circumstances);
    case 'resume':
      return follow(state, resume(state, command), circumstances, Object.keys(state.steps));
    case 'pause':
      return pause(state, command);
    case 'prioritize':
      return prioritize(state, command);
    case 'adopt':
      return adopt(state, command);
    case 'cancel':
      return cancel(state, command, circumstances);
    case 'expire':
      return isUnderWay(state) && isOverdue(state, circumstances.now)
        ? ended(state, { kind: 'failed', error: overdue(state) }, circumstances)
        : [];
    case 'tick':
      return tick(state, circumstances);
    case 'redrive':
      return redrive(state, command, circumstances);
    default:
      return assertNever(command);
  }
}

function submit({ runId, submission, kept = [] }: Submit, circumstances: Circumstances): RunEvent[] {
  const draft = new Draft(runId, undefined, circumstances.now);
  const inputs = resolveInputs(submission.workflow, submission.inputs, circumstances.payloads);
  draft.record({ type: RunEventType.Submitted, data: { ...submission, inputs } });
  for (const data of kept) draft.record({ type: RunEventType.StepKept, data });
  start(draft, circumstances);
  return draft.events;
}

/** A run for later waits for its time. */
function start(draft: Draft, circumstances: Circumstances): void {
  if (draft.state.status === RunStatus.Scheduled) {
    if (!isDue(draft.state, circumstances)) return;
    draft.record({ type: RunEventType.Started, data: {} });
  }
  advance(draft, circumstances);
}

const isDue = (state: RunState, { now }: Circumstances): boolean => (nextTickAt(state) ?? Infinity) <= now.getTime();

function tick(state: RunState, circumstances: Circumstances): RunEvent[] {
  if (!isDue(state, circumstances)) return [];
  const draft = new Draft(state.runId, state, circumstances.now);
  start(draft, circumstances);
  return draft.events;
}

/** A fact, and what follows from it. @param steps that are asked what they do next; absent: those that the fact is about. */
function follow(
  state: RunState,
  facts: readonly RunEvent[],
  circumstances: Circumstances,
  steps: readonly string[] = touchedBy(facts),
): RunEvent[] {
  if (facts.length === 0) return [];
  const draft = new Draft(state.runId, state, circumstances.now);
  for (const fact of facts) draft.record(fact);
  if (draft.state.status === RunStatus.Compensating) undo(draft, circumstances);
  else if (isUnderWay(draft.state)) advance(draft, circumstances, steps);
  return draft.events;
}

const waitingFor = (state: RunState, signal: string): string[] =>
  Object.entries(state.steps).flatMap(([name, { wait }]) => (wait?.signal === signal ? [name] : []));

function ended(state: RunState, ending: Parameters<typeof endRun>[1], circumstances: Circumstances): RunEvent[] {
  const draft = new Draft(state.runId, state, circumstances.now);
  endRun(draft, ending, circumstances);
  return draft.events;
}

function cancel(state: RunState, { by, reason }: Cancel, circumstances: Circumstances): RunEvent[] {
  const isWished = state.status === RunStatus.Cancelled || state.compensation?.ending.kind === 'cancelled';
  if (isWished && (state.status === RunStatus.Cancelled || state.status === RunStatus.Compensating)) return [];
  if (isRunEnded(state.status)) throw refused(state, 'cancelled', 'it does nothing any more');
  if (state.status === RunStatus.Compensating) throw refused(state, 'cancelled', 'it ends as soon as that is done');
  return ended(state, { kind: 'cancelled', by, ...(reason === undefined ? {} : { reason }) }, circumstances);
}

const overdue = ({ workflow }: RunState): ErrorBody => ({
  code: ErrorCode.DeadlinePassed,
  message: `the run took longer than the timeout of ${workflow.name}, ${workflow.timeout ?? ''}: raise it, or split the work`,
  retryable: false,
});

/** @throws {Conflict} when what the run did was undone: it cannot go on from there. */
function redrive(state: RunState, { kind: _kind, ...data }: Redrive, circumstances: Circumstances): RunEvent[] {
  if (state.status !== RunStatus.Failed && state.status !== RunStatus.Cancelled) return [];
  if (state.compensation !== undefined)
    throw refused(state, 'taken up again', 'what it did was undone; rerun it, or submit it anew');
  const draft = new Draft(state.runId, state, circumstances.now);
  draft.record({ type: RunEventType.Redriven, data });
  advance(draft, circumstances);
  return draft.events;
}
