import type { DeadLetter, DeadLetterReason, StoredDeadLetter } from '@aet/contracts';

export interface LetterQuery {
  capability?: string;
  reason?: DeadLetterReason;
  limit: number;
  /** Only letters with a lower number. */
  before?: number;
}

/** The dead letters of a cell, numbered in the order in which they came. */
export abstract class DeadLetters {
  /** Newest first. A page may have fewer than `limit` and yet a `next`: so much was looked through. */
  abstract page(query: LetterQuery): Promise<{ letters: StoredDeadLetter[]; next?: number }>;
  /** @throws {NotFound} */
  abstract get(sequence: number): Promise<StoredDeadLetter>;
  /** @throws {NotFound} */
  abstract remove(sequence: number): Promise<void>;
}

/** Of the task that the letter is about; nothing when it cannot be read from it. */
export function capabilityOf({ subject }: Pick<DeadLetter, 'subject'>): string | undefined {
  const [root, , kind, , , capability] = subject.split('.');
  return root === 'aet' && kind === 'task' ? capability : undefined;
}
