import { PayloadTooLarge, type TaskResult } from '@aet/contracts';
import type { PayloadStore } from '@aet/messaging';
import { retrying } from '@aet/resilience';
import { type LargeValue, lighten } from '@aet/runs';
import type { ResultSink } from '../application/ports.js';

const AGAIN = { initialMs: 100, maxMs: 2_000 };

/** Results as they can be carried: a large output is stored first, and the result refers to it. */
export class LightResults implements ResultSink {
  constructor(
    private readonly sink: ResultSink,
    private readonly store: Pick<PayloadStore, 'put'>,
    private readonly cell: string,
  ) {}

  async report(result: TaskResult, ownerCell: string, signal: AbortSignal): Promise<void> {
    const large: LargeValue[] = [];
    const light = lightResult(result, this.cell, large);
    for (const { text } of large) {
      await retrying(() => this.store.put(text), {
        ...AGAIN,
        retryable: (error) => !(error instanceof PayloadTooLarge),
        signal,
      });
    }
    await this.sink.report(light, ownerCell, signal);
  }
}

/** @throws {PayloadTooLarge} */
function lightResult(result: TaskResult, cell: string, large: LargeValue[]): TaskResult {
  switch (result.status) {
    case 'completed':
      return { ...result, output: lighten(result.output, cell, large, `the output of step "${result.step}"`) };
    case 'saved':
      return { ...result, saved: lighten(result.saved, cell, large, `what step "${result.step}" saved`) };
    default:
      return result;
  }
}
