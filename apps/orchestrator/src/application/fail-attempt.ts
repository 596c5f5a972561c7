import type { AttemptRef, ErrorBody, Performer } from '@aet/contracts';
import { decide } from '@aet/runs';
import type { Surroundings } from './ports.js';
import type { RunStore } from './run-store.js';

/** Ends an attempt that no host will ever get, such as one whose task is larger than the server takes. */
export class FailAttempt {
  constructor(
    private readonly store: RunStore,
    private readonly surroundings: Surroundings,
    private readonly by: Performer,
  ) {}

  async execute({ runId, step, item, attempt }: AttemptRef, error: ErrorBody): Promise<void> {
    const circumstances = this.surroundings.circumstances();
    const at = { step, ...(item === undefined ? {} : { item }), attempt, by: this.by, durationMs: 0 };
    await this.store.update(runId, (state) => {
      const events = decide(state, { kind: 'fail', ...at, error }, circumstances);
      return { events, certain: events.length > 0 };
    });
  }
}
