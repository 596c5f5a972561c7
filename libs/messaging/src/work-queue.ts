import type { DeadLetter, TaskMessage, TaskResult } from '@aet/contracts';
import type { Accepted } from './outbox.js';

/** Where a stream put a message. `duplicate`: its id was known inside the server's window; nothing was stored. */
export interface Published {
  sequence: number;
  duplicate: boolean;
}

/**
 * The moving half of work: tasks to hosts, results back. JetStream carries it; the record is PostgreSQL's log.
 * A resolved publish means: the server has the message on disk (its operating system's, before fsync) and will offer it until it is
 * acknowledged. It may be offered more than once. A rejected publish (`Unavailable`, `ResourceExhausted`) may still have been stored;
 * the same message id makes the repetition harmless inside the server's window.
 */
export abstract class WorkQueue {
  /**
   * A task with `notBefore` is offered to hosts, which give it back until then; so it is at most `LONGEST_DELAY_MS` ahead.
   * @throws {ValidationFailed} it is further ahead
   * @param messageId deterministic, see `attemptId`; a re-dispatch after a loss needs another one
   */
  abstract publish(task: TaskMessage, messageId: string): Promise<Published>;
  /** With an outbox it also resolves when that has the result: while the server is away, or the owner's cell. */
  abstract publishResult(result: TaskResult, ownerCell: string): Promise<Accepted>;
  abstract publishDeadLetter(letter: DeadLetter, messageId: string): Promise<Published>;
  /** Whether the stream still holds the task that it stored under that sequence, and will give it to a host. For the sweeper. */
  abstract holds(sequence: number): Promise<boolean>;
  /** Results that wait or are in hand in this cell. For the sweeper. */
  abstract pendingResults(): Promise<number>;
}
