import { Conflict, Forbidden, isRunEnded, NotFound, type RunEvent, RunEventType, RunStatus } from '@aet/contracts';
import { kindOf } from '../language/step-kind.js';
import type { RunState } from './run-state.js';
import type { Adopt, Decide, Pause, Prioritize, Resume, Signal } from './run.commands.js';
import { declaredStep, stepOf } from './step-state.js';

/** Signals that one run takes: each is kept in its state. */
const SIGNAL_LIMIT = 10_000;

const STATUS_WORDS: Record<RunStatus, string> = {
  scheduled: 'has not begun yet',
  running: 'is running',
  paused: 'is paused',
  compensating: 'is being undone',
  completed: 'is complete',
  failed: 'has failed',
  cancelled: 'was cancelled',
};

/** @param remedy what can be done instead. */
export const refused = ({ runId, status }: RunState, wish: string, remedy: string): Conflict =>
  new Conflict(`run ${runId} ${STATUS_WORDS[status]}, so it cannot be ${wish}: ${remedy}`, { details: { runId, status } });

const word = ({ by, reason }: { by: string; reason?: string }): { by: string; reason?: string } => ({
  by,
  ...(reason === undefined ? {} : { reason }),
});

/** What is so already is left as it is. */
export function pause(state: RunState, command: Pause): RunEvent[] {
  if (state.status === RunStatus.Paused) return [];
  if (state.status !== RunStatus.Running) throw refused(state, 'paused', remedyOf(state, 'cancel it instead'));
  return [{ type: RunEventType.Paused, data: word(command) }];
}

export function resume(state: RunState, command: Resume): RunEvent[] {
  if (state.status === RunStatus.Running) return [];
  if (state.status !== RunStatus.Paused) throw refused(state, 'resumed', remedyOf(state, 'only a paused run is resumed'));
  return [{ type: RunEventType.Resumed, data: word(command) }];
}

export function prioritize(state: RunState, command: Prioritize): RunEvent[] {
  if (isRunEnded(state.status)) throw refused(state, 'given another priority', remedyOf(state));
  const { priority } = command;
  if (state.priority === priority && state.prioritized === true) return [];
  return [{ type: RunEventType.Prioritized, data: { ...word(command), priority } }];
}

export function receive(state: RunState, { name, id, payload, by }: Signal): RunEvent[] {
  if (state.signals.some((signal) => signal.id === id)) return [];
  if (isRunEnded(state.status) || state.status === RunStatus.Compensating)
    throw refused(state, 'sent a signal', remedyOf(state, 'nothing waits for it any more'));
  if (state.signals.length >= SIGNAL_LIMIT)
    throw new Conflict(
      `run ${state.runId} has ${SIGNAL_LIMIT} signals, and takes no more: send what is new as one signal's payload`,
    );
  return [{ type: RunEventType.SignalReceived, data: { name, id, payload: payload ?? null, by } }];
}

/** @throws {NotFound | Forbidden | Conflict} */
export function decideApproval(state: RunState, command: Decide): RunEvent[] {
  const { step: name, approved, by } = command;
  const approval = approvalOf(state, name);
  if (approval.approvers?.includes(by) === false)
    throw new Forbidden(`"${by}" may not decide "${name}" of run ${state.runId}: ask ${approval.approvers.join(' or ')}`);
  const { decided } = approval;
  if (decided?.approved === approved && decided.by === by) return [];
  if (decided !== undefined) {
    const what = `was ${decided.approved ? 'approved' : 'rejected'} by ${decided.by} at ${decided.at}`;
    throw new Conflict(`"${name}" of run ${state.runId} ${what}: a decision stands; rerun the run from that step to ask again`);
  }
  if (state.status !== RunStatus.Running && state.status !== RunStatus.Paused)
    throw refused(state, `decided at "${name}"`, remedyOf(state, 'nothing waits for it any more'));
  return [{ type: RunEventType.ApprovalDecided, data: { step: name, approved, ...word(command) } }];
}

function approvalOf(state: RunState, name: string): NonNullable<ReturnType<typeof stepOf>>['approval'] & object {
  const declared = declaredStep(state, name);
  if (declared === undefined || kindOf(declared) !== 'approval') {
    const names = Object.entries(state.workflow.steps).flatMap(([step, it]) => (kindOf(it) === 'approval' ? [step] : []));
    throw new NotFound(`"${name}" is no approval of run ${state.runId}; it has: ${names.join(', ') || 'none'}`);
  }
  const approval = stepOf(state, name)?.approval;
  if (approval !== undefined) return approval;
  throw new Conflict(
    `run ${state.runId} has not asked for "${name}" yet: look with \`aet runs get ${state.runId}\`, and decide when it waits`,
  );
}

/** @throws {Conflict} when a later owner has it already. */
export function adopt(state: RunState, command: Adopt): RunEvent[] {
  const { cell, epoch } = command;
  if (state.cell === cell && state.epoch === epoch) return [];
  if (epoch <= state.epoch) {
    throw new Conflict(
      `run ${state.runId} belongs to cell "${state.cell}" with epoch ${state.epoch}: it is adopted with a higher epoch than that, not with ${epoch}`,
    );
  }
  return [{ type: RunEventType.Adopted, data: { ...word(command), cell, epoch, from: state.cell } }];
}

function remedyOf({ status, runId }: RunState, otherwise = 'there is nothing left to do for it'): string {
  if (status === RunStatus.Failed || status === RunStatus.Cancelled)
    return `take it up again with \`aet runs redrive ${runId}\`, or rerun it`;
  return status === RunStatus.Completed ? 'rerun it, or submit it anew' : otherwise;
}
