import type { SubmitRun } from '@aet/contracts';
import type { PayloadStore } from '@aet/messaging';
import { type LargeValue, lightenEach } from '@aet/runs';

/** Makes of a submit what a message can carry: large inputs are stored first, and the request refers to them. @throws {PayloadTooLarge} naming the input */
export async function lightenSubmit(run: SubmitRun, store: PayloadStore, cell: string): Promise<void> {
  if (run.inputs === undefined) return;
  const large: LargeValue[] = [];
  const inputs = lightenEach(run.inputs, cell, large);
  for (const { text } of large) await store.put(text);
  run.inputs = inputs;
}
