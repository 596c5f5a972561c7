import {
  type AttemptRef,
  Conflict,
  type DeadLetterPage,
  type DeadLetterSummary,
  type DropDeadLetter,
  type Dropped,
  type ErrorBody,
  ErrorCode,
  type ListDeadLetters,
  NotFound,
  type Performer,
  RUN_ID,
  type Redriven,
  type RetryDeadLetter,
  RunEventType,
  type RunEvent,
  RunStatus,
  type StoredDeadLetter,
} from '@aet/contracts';
import { type DeadLetters, capabilityOf } from '@aet/messaging';
import { attemptState, decide, Draft, type RunState } from '@aet/runs';
import type { Auditor, Surroundings } from './ports.js';
import type { RunStore } from './run-store.js';

const PAGE = 50;
/** So much of a letter's message stands in a list. Characters. */
const SHORT = 500;

/** Looks at dead letters, sends their tasks again, and removes them; what was done stands in the record. */
export class ManageDeadLetters {
  constructor(
    private readonly letters: DeadLetters,
    private readonly store: RunStore,
    private readonly audit: Auditor,
    private readonly surroundings: Surroundings,
    private readonly me: Performer,
  ) {}

  async list({ limit = PAGE, ...query }: ListDeadLetters): Promise<DeadLetterPage> {
    const { letters, next } = await this.letters.page({ ...query, limit });
    return { letters: letters.map(summaryOf), ...(next === undefined ? {} : { next }) };
  }

  show(sequence: number): Promise<StoredDeadLetter> {
    return this.letters.get(sequence);
  }

  /**
   * The letter's run goes on: an attempt that is still open is ended by the letter and the next one follows; a run that has failed is
   * taken up again. @throws {Conflict} when there is nothing to take up. The letter goes when the run's log says so.
   */
  async retry({ sequence, by = 'unknown', reason }: RetryDeadLetter): Promise<Redriven> {
    const letter = await this.letters.get(sequence);
    const ref = refOf(letter);
    if (ref === undefined) {
      throw new Conflict(
        `the dead letter ${sequence} names no attempt of a run, so nothing can be sent again: look at it with \`aet dlq show ${sequence}\`, and drop it`,
      );
    }
    const told = { by, letter: sequence, ...(reason === undefined ? {} : { reason }) };
    // What is known here may be old, and it decides what is said to the operator.
    await this.store.current(ref.runId);
    const { events } = await this.store.update(ref.runId, (state) => ({
      events: this.eventsFor(state, ref, letter, told),
      certain: false,
    }));
    await this.audit.record('dead-letter.retried', { ...told, ...ref, deadLetter: letter.reason });
    await this.forget(sequence);
    return { runId: ref.runId, attempts: events.flatMap(scheduledAttempt) };
  }

  /** Recorded first: a removal that nobody knows of must not be. */
  async drop({ sequence, by = 'unknown', reason }: DropDeadLetter): Promise<Dropped> {
    const letter = await this.letters.get(sequence);
    const { original: _, ...facts } = letter;
    await this.audit.record('dead-letter.dropped', { by, why: reason, letter: { ...facts, ...refOf(letter) } });
    await this.letters.remove(sequence);
    return { sequence };
  }

  private eventsFor(
    state: RunState | undefined,
    ref: AttemptRef,
    letter: StoredDeadLetter,
    told: { by: string; reason?: string; letter: number },
  ): RunEvent[] {
    if (state === undefined) throw new NotFound(`run ${ref.runId} is not in this cell's log: ask the cell that accepted it`);
    const circumstances = this.surroundings.circumstances();
    if (state.status === RunStatus.Failed) return decide(state, { kind: 'redrive', ...told }, circumstances);
    const { step, item, attempt } = ref;
    if (state.status === RunStatus.Running && attemptState(state, ref).state === 'open') {
      const at = { step, ...(item === undefined ? {} : { item }), attempt, by: this.me, durationMs: 0 };
      const ended = new Draft(ref.runId, state, circumstances.now);
      for (const event of decide(state, { kind: 'fail', ...at, error: lost(letter) }, circumstances)) ended.record(event);
      // It was the last attempt: the run failed in between, and goes on.
      if (ended.state.status !== RunStatus.Failed) return ended.events;
      return [...ended.events, ...decide(ended.state, { kind: 'redrive', ...told }, circumstances)];
    }
    throw new Conflict(
      `run ${ref.runId} ${state.status === RunStatus.Completed ? 'is complete' : 'went on since'} without this attempt: drop the letter`,
    );
  }

  /** The run goes on whether or not the letter could be removed: a second retry of it finds nothing to do. */
  private async forget(sequence: number): Promise<void> {
    await this.letters.remove(sequence).catch(() => undefined);
  }
}

/** Why an open attempt ended: its message is in the dead letters. Another attempt may do. */
const lost = ({ reason, message, sequence }: StoredDeadLetter): ErrorBody => ({
  code: ErrorCode.AttemptFailed,
  message: `its message went to the dead letters (${reason}): ${message.slice(0, 1_000)}`,
  retryable: true,
  details: { deadLetter: reason, sequence },
});

const scheduledAttempt = (event: RunEvent): Redriven['attempts'] => {
  if (event.type !== RunEventType.AttemptScheduled) return [];
  const { step, item, attempt } = event.data;
  return [{ step, ...(item === undefined ? {} : { item }), attempt }];
};

/** The attempt that a letter is about, as far as its message says so. */
function refOf({ original }: StoredDeadLetter): AttemptRef | undefined {
  if (!('json' in original) || typeof original.json !== 'object' || original.json === null) return undefined;
  const { runId, step, item, attempt } = original.json as Record<string, unknown>;
  if (typeof runId !== 'string' || !RUN_ID.test(runId) || typeof step !== 'string' || !Number.isSafeInteger(attempt))
    return undefined;
  return { runId, step, ...(Number.isSafeInteger(item) ? { item: item as number } : {}), attempt: attempt as number };
}

function summaryOf(letter: StoredDeadLetter): DeadLetterSummary {
  const { original: _original, v: _v, history: _history, ...summary } = letter;
  const capability = capabilityOf(letter);
  return {
    ...summary,
    message: summary.message.slice(0, SHORT),
    ...refOf(letter),
    ...(capability === undefined ? {} : { capability }),
  };
}
