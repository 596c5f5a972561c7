import { InternalError, NotFound, type PayloadRef, type RunEvent } from '@aet/contracts';
import { type LargeValue, lightEvent, lightenEach, PayloadNeeded } from '@aet/runs';
import type { LoadedPayloads } from './loaded-payloads.js';
import type { PayloadTexts } from './ports.js';

/** Where large values lie. */
export interface PayloadKeeper {
  put(text: string): Promise<PayloadRef>;
  get(sha256: string): Promise<string>;
}

/** Values that one decision may look into, one after the other: then it is given up. */
const MOST_LOOKS = 100;

/**
 * The large values of runs. What goes into the log is made light first: a value over the limit is stored, and the event refers to it. Stored before the
 * commit, so a reference always has its value; a commit that fails leaves a value that nothing refers to. What a decision has to look into is loaded, and
 * it is decided again.
 */
export class Payloads implements PayloadTexts {
  constructor(
    private readonly keeper: PayloadKeeper,
    private readonly loaded: LoadedPayloads,
    private readonly cell: string,
  ) {}

  load({ $payload }: PayloadRef): Promise<string> {
    return this.keeper.get($payload.sha256);
  }
  store(text: string): Promise<PayloadRef> {
    return this.keeper.put(text);
  }

  /** Whether this cell has the value. */
  async has(ref: PayloadRef): Promise<boolean> {
    try {
      await this.load(ref);
      return true;
    } catch (error) {
      if (error instanceof NotFound) return false;
      throw error;
    }
  }

  /** @throws {PayloadTooLarge} */
  async light(events: readonly RunEvent[]): Promise<readonly RunEvent[]> {
    const large: LargeValue[] = [];
    const light = events.map((event) => lightEvent(event, this.cell, large));
    if (large.length === 0) return events;
    await this.keep(large);
    return light;
  }

  /** Before they are decided on: what a step passes on is the reference then. @throws {PayloadTooLarge} naming the input */
  async lightInputs(inputs: Record<string, unknown>): Promise<Record<string, unknown>> {
    const large: LargeValue[] = [];
    const light = lightenEach(inputs, this.cell, large);
    await this.keep(large);
    return light;
  }

  /** @throws what the decision throws, but for a value that was not at hand. @throws {NotFound} when a value is gone */
  async decided<T>(decision: () => T): Promise<T> {
    for (let looks = 0; looks < MOST_LOOKS; looks++) {
      try {
        return decision();
      } catch (error) {
        if (!(error instanceof PayloadNeeded)) throw error;
        this.loaded.keep(error.ref, JSON.parse(await this.load(error.ref)) as unknown);
      }
    }
    throw new InternalError(`a decision looked into more than ${MOST_LOOKS} large values: read them in one expression less`);
  }

  private async keep(large: readonly LargeValue[]): Promise<void> {
    for (const { text } of large) await this.keeper.put(text);
  }
}
