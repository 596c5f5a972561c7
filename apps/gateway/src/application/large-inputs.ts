import type { PayloadStore } from '@aet/messaging';
import { type LargeValue, lighten, lightenEach } from '@aet/runs';

/**
 * Makes of a request what a message can carry: large values are stored first, and the request refers to them. What is stored for a request that is then
 * refused is referred to by no event, and goes with others of that kind.
 */
export class LargeInputs {
  constructor(
    private readonly store: Pick<PayloadStore, 'put'>,
    private readonly cell: string,
  ) {}

  /** Inputs of a run that is to begin. @throws {PayloadTooLarge} naming the input */
  async inputs<T extends { inputs?: Record<string, unknown> }>(request: T): Promise<T> {
    if (request.inputs === undefined) return request;
    const large: LargeValue[] = [];
    const inputs = lightenEach(request.inputs, this.cell, large);
    return large.length === 0 ? request : { ...request, inputs: await this.stored(large, inputs) };
  }

  /** What a signal brings. @throws {PayloadTooLarge} */
  async signal<T extends { name: string; payload?: unknown }>(signal: T): Promise<T> {
    if (signal.payload === undefined) return signal;
    const large: LargeValue[] = [];
    const payload = lighten(signal.payload, this.cell, large, `the value of signal "${signal.name}"`);
    return large.length === 0 ? signal : { ...signal, payload: await this.stored(large, payload) };
  }

  private async stored<T>(large: readonly LargeValue[], light: T): Promise<T> {
    for (const { text } of large) await this.store.put(text);
    return light;
  }
}
