import { InternalError, type RunEvent } from '@aet/contracts';
import type { RunState } from './run-state.js';
import { Folding } from './run.fold.js';

/** The state while events are being decided: each is folded at once, so the next decision sees it. `state` is good until the next `record`. */
export class Draft {
  readonly events: RunEvent[] = [];
  private readonly folding: Folding;

  constructor(
    private readonly runId: string,
    from: RunState | undefined,
    private readonly now: Date,
  ) {
    this.folding = new Folding(from);
  }

  get state(): RunState {
    const { state } = this.folding;
    if (state === undefined) throw new InternalError(`run ${this.runId} was read before its first event: begin with a submit`);
    return state;
  }

  record(event: RunEvent): void {
    this.events.push(event);
    // The log gives the real time and hash; neither decides anything.
    const place = {
      runId: this.runId,
      sequence: (this.folding.state?.sequence ?? 0) + 1,
      time: this.now.toISOString(),
      hash: '',
    };
    this.folding.add({ ...event, ...place });
  }
}
