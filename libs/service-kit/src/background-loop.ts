import { pause } from '@aet/resilience';
import type { DrainSequence } from './drain.js';

export interface LoopParts {
  /** One round; gives the time until the next. Milliseconds. */
  round: () => Promise<number>;
  /** A round rejected; the next comes after this time. Milliseconds. */
  againMs: number;
  onError: (error: unknown) => void;
  /** Resolves with true when rounds can begin, with false when there will be none. Default: at once. */
  prepared?: () => Promise<boolean>;
}

/**
 * Does the same again and again while the service runs, one round after the other. It begins nothing any more when the service begins to drain,
 * and the drain waits for the round in hand.
 */
export class BackgroundLoop {
  private readonly stopping = new AbortController();
  private asleep = new AbortController();
  /** When the next round is to begin, on the monotonic clock. */
  private nextAt = -Infinity;

  constructor(private readonly parts: LoopParts) {}

  start(drain: DrainSequence): void {
    const rounds = this.run();
    drain.on('stop-intake', () => {
      this.stopping.abort();
      this.asleep.abort();
      return rounds;
    });
  }

  /** The next round is wanted after this time at the latest. Milliseconds. */
  wakeWithin(ms: number): void {
    const at = performance.now() + ms;
    if (at >= this.nextAt) return;
    this.nextAt = at;
    this.asleep.abort();
  }

  private async run(): Promise<void> {
    if (this.parts.prepared !== undefined && !(await this.parts.prepared())) return;
    while (!this.stopping.signal.aborted) {
      // What is asked for from here on is asked for the round after this one.
      this.nextAt = Infinity;
      const wait = await this.parts.round().catch((error: unknown) => {
        this.parts.onError(error);
        return this.parts.againMs;
      });
      this.nextAt = Math.min(this.nextAt, performance.now() + wait);
      await this.sleep();
    }
  }

  private async sleep(): Promise<void> {
    for (let left = this.left(); left > 0 && !this.stopping.signal.aborted; left = this.left()) {
      this.asleep = new AbortController();
      await pause(left, this.asleep.signal);
    }
  }

  private left(): number {
    return this.nextAt - performance.now();
  }
}
