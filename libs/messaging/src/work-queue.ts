import type { DeadLetter, Priority, TaskMessage, TaskResult } from '@aet/contracts';
import type { Accepted } from './outbox.js';

/** Where a stream put a message. `duplicate`: its id was known inside the server's window; nothing was stored. */
export interface Published {
  sequence: number;
  duplicate: boolean;
}

export type Withdrawal = 'withdrawn' | 'taken' | 'gone' | 'unclear';

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
  /**
   * Takes a task out of the stream that no host has got yet, so that it can be published anew. Of those that ask at once for one task, one withdraws it.
   * `taken`: a host got it, and it stays. `unclear`: it is out of the stream, and a host may have got it in that moment.
   */
  abstract withdraw(lane: { capability: string; priority: Priority }, sequence: number): Promise<Withdrawal>;
  /** Results that wait or are in hand in this cell. For the sweeper. */
  abstract pendingResults(): Promise<number>;
}
