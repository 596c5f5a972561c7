import { RunEventType, type RunStatus, type StoredRunEvent } from '@aet/contracts';

/** How far a reader has come in a run's log. */
export interface RunTail {
  /** Sequence of the last event that was handed on; 0: none. */
  readonly last: number;
  /** Set once the run's last event was seen, whether handed on now or before. */
  readonly ended?: RunStatus;
}

export interface Taken {
  tail: RunTail;
  /** What the reader has not seen, in order. */
  fresh: StoredRunEvent[];
}

export const tailFrom = (after: number): RunTail => ({ last: after });

/**
 * Where to begin reading the log. One event before, so that a reader who comes back after the end learns that it was the end,
 * and one who names a sequence that the log does not have is told so.
 */
export const overlap = (tail: RunTail): number => Math.max(0, tail.last - 1);

/**
 * Joins a piece of the log to what the reader has. Pieces may overlap, repeat and arrive late; the reader still gets each event once,
 * in order. A piece that begins beyond the next event waits for the log to be read from the right place: nothing is skipped.
 */
export function take(tail: RunTail, piece: readonly StoredRunEvent[]): Taken {
  const fresh: StoredRunEvent[] = [];
  let { last, ended } = tail;
  for (const event of piece) {
    if (event.sequence > last + 1) break;
    if (event.sequence > last) {
      fresh.push(event);
      last = event.sequence;
    }
    // A failed run may be taken up again: only the last event can be the end.
    if (event.sequence === last) ended = endOf(event);
  }
  return { tail: ended === undefined ? { last } : { last, ended }, fresh };
}

function endOf(event: StoredRunEvent): RunStatus | undefined {
  if (event.type === RunEventType.Completed) return 'completed';
  if (event.type === RunEventType.Cancelled) return 'cancelled';
  return event.type === RunEventType.Failed ? 'failed' : undefined;
}
