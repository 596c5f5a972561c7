import { retrying } from '@aet/resilience';
import type { OpenDispatch, OrderedKey } from '../dispatch-table.js';
import type { RelayListener } from './relay-listener.js';

const RETRY = { initialMs: 50, maxMs: 5_000 };

/**
 * Gives turns to ordered tasks: asked whenever one came or one may be over. One question at a time; what is asked meanwhile goes into the next.
 * It may be forgotten by a crash: the sweeper asks in every round.
 */
export class TurnKeeper {
  private readonly keys = new Map<string, OrderedKey>();
  private readonly stopped = new AbortController();
  private asked = false;
  private asking: Promise<void> | undefined;

  constructor(
    private readonly giveTurns: (keys: readonly OrderedKey[]) => Promise<OpenDispatch[]>,
    private readonly dispatch: (row: OpenDispatch) => void,
    private readonly listener: RelayListener,
  ) {}

  /** @param keys of tasks that came; none when tasks may be over */
  ask(keys: readonly OrderedKey[]): void {
    if (this.stopped.signal.aborted) return;
    for (const key of keys) this.keys.set(JSON.stringify([key.capability, key.orderKey]), key);
    this.asked = true;
    this.asking ??= this.answer().finally(() => (this.asking = undefined));
  }

  async stop(): Promise<void> {
    this.stopped.abort();
    await this.asking;
  }

  private async answer(): Promise<void> {
    while (this.asked && !this.stopped.signal.aborted) {
      this.asked = false;
      const keys = [...this.keys.values()];
      this.keys.clear();
      const rows = await retrying(() => this.giveTurns(keys), {
        ...RETRY,
        signal: this.stopped.signal,
        onRetry: (error, _attempt, waitMs) => this.listener.retrying?.('giving turns to ordered tasks', error, waitMs),
      }).catch(() => []); // going down: another replica, or the sweeper of the next start, asks
      for (const row of rows) this.dispatch(row);
    }
  }
}
