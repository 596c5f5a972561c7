import type { TaskMessage } from '@aet/contracts';

/** Whether a delivered task may begin now. */
export type Verdict =
  | { kind: 'begin' }
  /** Too early (a delayed task) or no permit left: offer it again after this time. Milliseconds. */
  | { kind: 'later'; afterMs: number }
  /** It was done before, beyond the server's window of message ids: acknowledge it without a second execution. */
  | { kind: 'done-before' };

/**
 * What a cell allows beyond a host's own slots: paused capabilities, rates over the cell, delays, tasks done before.
 * The consumer asks `mayTake` before each pull, and `admit` for each task that came.
 */
export interface Admission {
  /** How many tasks of the capability may be asked for now, 0 while it is paused or out of permits. `wanted` is at least 1. */
  mayTake(capability: string, wanted: number): number;
  admit(task: TaskMessage, deliveries: number): Verdict | Promise<Verdict>;
  /** The handler was done with the task: a copy that comes later was done before. */
  taskEnded(task: TaskMessage): void;
  /** Calls back when `mayTake` may have more to give than before. Returns how to stop that. */
  onChange(listener: () => void): () => void;
}

/** Without bounds of the cell. */
export const admitAll: Admission = {
  mayTake: (_capability, wanted) => wanted,
  admit: () => ({ kind: 'begin' }),
  taskEnded: () => undefined,
  onChange: () => () => undefined,
};
