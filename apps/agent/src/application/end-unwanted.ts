import type { AttemptsInHand } from './attempts-in-hand.js';
import type { AttemptInquiry } from './ports.js';
import { isSettled } from './settled-task.js';

/** Only what runs longer is worth a question. Milliseconds. */
const LONG_MS = 5_000;

/** Ends what nobody waits for any more although no notice of it came: a notice is told once, and may be missed. */
export class EndUnwanted {
  constructor(
    private readonly attempts: AttemptsInHand,
    private readonly inquiry: AttemptInquiry,
  ) {}

  /** @returns how many were told to end */
  async execute(): Promise<number> {
    const asked = await Promise.all(
      this.attempts.runningFor(LONG_MS).map(async ({ task, stop }) => {
        const settled = await isSettled(this.inquiry, task);
        if (settled) stop();
        return settled;
      }),
    );
    return asked.filter(Boolean).length;
  }
}
