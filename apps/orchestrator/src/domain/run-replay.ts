import { AetError, ErrorCode, type RunEvent, RunEventType, type RunSubmitted, type StoredRunEvent } from '@aet/contracts';
import { childrenOf, type Circumstances, decide, fold, nextTickAt, type RunCommand, type RunState } from '@aet/runs';

/** Jitter is left out of what is compared. */
const random = (): number => 0.5;

type Payloads = NonNullable<Circumstances['payloads']>;

/**
 * Decides a run again from what came to it from outside: its submit, the results of its attempts, the words of its operators, the times at which its timers
 * came. Nothing is done. Pure. @param submitted in the place of the first event: another workflow sees the same results as far as it asks for them
 * @throws {PayloadNeeded} when values are read that are not among `payloads`
 */
export function replay(log: readonly StoredRunEvent[], submitted: RunSubmitted['data'], payloads: Payloads): StoredRunEvent[] {
  const replayed: StoredRunEvent[] = [];
  let state: RunState | undefined;
  for (const [index, event] of log.entries()) {
    const command = index === 0 ? submitOf(log, event, submitted) : commandOf(event, state);
    if (command === undefined) continue;
    const now = timeOf(event, command, state);
    for (const next of follow(state, command, { now, random, payloads })) {
      const { runId, time } = event;
      const stored = { ...next, runId, time, sequence: replayed.length + 1, hash: '' } as StoredRunEvent;
      replayed.push(stored);
      state = fold(state, stored);
    }
  }
  return replayed;
}

/** The log has the times of the commits, a moment after those of the decisions: what was due then is due now. */
function timeOf({ time }: StoredRunEvent, { kind }: RunCommand, state: RunState | undefined): Date {
  const due = kind === 'tick' && state !== undefined ? (nextTickAt(state) ?? 0) : 0;
  return new Date(Math.max(Date.parse(time), due));
}

/** A word that was taken then and is refused now changes nothing. */
function follow(state: RunState | undefined, command: RunCommand, circumstances: Circumstances): RunEvent[] {
  try {
    return decide(state, command, circumstances);
  } catch (error) {
    const isRefusal = error instanceof AetError && REFUSALS.has(error.code);
    if (isRefusal && command.kind !== 'submit') return [];
    throw error;
  }
}
const REFUSALS: ReadonlySet<string> = new Set([ErrorCode.Conflict, ErrorCode.Forbidden, ErrorCode.NotFound]);

const submitOf = (log: readonly StoredRunEvent[], { runId }: StoredRunEvent, submission: RunSubmitted['data']): RunCommand => ({
  kind: 'submit',
  runId,
  submission,
  kept: log.flatMap((event) => (event.type === RunEventType.StepKept ? [event.data] : [])),
});

/** What came from outside and led to the event; undefined: it followed from others. */
function commandOf(event: StoredRunEvent, state: RunState | undefined): RunCommand | undefined {
  switch (event.type) {
    case RunEventType.AttemptCompleted:
      return { kind: 'complete', ...event.data };
    case RunEventType.AttemptFailed:
      return { kind: 'fail', ...event.data };
    case RunEventType.AttemptSaved:
      return { kind: 'save', ...event.data };
    case RunEventType.ChildEnded: {
      const { step, item, attempt, childRunId: logged, ...end } = event.data;
      // The id has the time of the decision in it, which here is that of the commit.
      const asked =
        state === undefined ? undefined : childrenOf(state).find((child) => child.step === step && child.item === item);
      return {
        kind: 'end-child',
        step,
        ...(item === undefined ? {} : { item }),
        attempt,
        childRunId: asked?.runId ?? logged,
        end,
      };
    }
    case RunEventType.SignalReceived:
      return { kind: 'signal', ...event.data };
    case RunEventType.Paused:
      return { kind: 'pause', ...event.data };
    case RunEventType.Resumed:
      return { kind: 'resume', ...event.data };
    case RunEventType.Prioritized:
      return { kind: 'prioritize', ...event.data };
    case RunEventType.Redriven:
      return { kind: 'redrive', ...event.data };
    case RunEventType.Adopted: {
      const { from: _from, ...data } = event.data;
      return { kind: 'adopt', ...data };
    }
    case RunEventType.ApprovalDecided: {
      const { expired, ...decision } = event.data;
      if (expired !== true) return { kind: 'decide', ...decision };
      return isWaiting(state, decision.step) ? { kind: 'tick' } : undefined;
    }
    case RunEventType.Started:
      return { kind: 'tick' };
    case RunEventType.WaitEnded:
    case RunEventType.StepFailed:
      return isWaiting(state, event.data.step) ? { kind: 'tick' } : undefined;
    case RunEventType.Cancelled:
    case RunEventType.Compensating:
    case RunEventType.Failed:
      return endOf(event, state);
    default:
      return undefined;
  }
}

/** It did not end with what was decided before: the same tick, or a signal. Then its time had come. */
const isWaiting = (state: RunState | undefined, step: string): boolean => state?.steps[step]?.status === 'running';

type End = Extract<StoredRunEvent, { type: 'run.cancelled' | 'run.compensating' | 'run.failed' }>;

/** An end that somebody wished, or that the time brought. After a compensation the end follows by itself. */
function endOf({ type, data }: End, state: RunState | undefined): RunCommand | undefined {
  if (state?.compensation !== undefined) return undefined;
  const ending = type === RunEventType.Compensating ? data.ending : undefined;
  if (type === RunEventType.Cancelled) return { kind: 'cancel', ...data };
  if (ending?.kind === 'cancelled') return { ...ending, kind: 'cancel' };
  const error = ending?.error ?? (type === RunEventType.Failed ? data.error : undefined);
  return error?.code === ErrorCode.DeadlinePassed ? { kind: 'expire' } : undefined;
}
