import { InternalError, type RunEvent } from '@aet/contracts';
import type { RunState } from './run-state.js';
import { fold } from './run.fold.js';

/** The state while events are being decided: each is folded at once, so the next decision sees it. */
export class Draft {
  readonly events: RunEvent[] = [];

  constructor(
    private readonly runId: string,
    private folded: RunState | undefined,
    private readonly now: Date,
  ) {}

  get state(): RunState {
    if (this.folded === undefined)
      throw new InternalError(`run ${this.runId} was read before its first event: begin with a submit`);
    return this.folded;
  }

  record(event: RunEvent): void {
    this.events.push(event);
    // The log gives the real time and hash; neither decides anything.
    const place = { runId: this.runId, sequence: (this.folded?.sequence ?? 0) + 1, time: this.now.toISOString(), hash: '' };
    this.folded = fold(this.folded, { ...event, ...place });
  }
}
