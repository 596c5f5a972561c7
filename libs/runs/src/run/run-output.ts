import { LARGEST_PAYLOAD_BYTES, PayloadTooLarge } from '@aet/contracts';
import { isCarried, jsonBytes, PAYLOAD_LIMIT_BYTES } from './limits.js';
import type { RunState } from './run-state.js';
import { scopeOfRun } from './step-scope.js';

/** What a run gives back: its `output` template; without one every step's output by name. @throws {ExpressionInvalid | PayloadTooLarge | PayloadNeeded} */
export function outputOf(state: RunState, payloads?: ReadonlyMap<string, unknown>): unknown {
  const scope = scopeOfRun(state, payloads);
  if (state.workflow.output === undefined) return fitted(scope.values.steps, PAYLOAD_LIMIT_BYTES);
  const output = scope.render(state.workflow.output);
  if (!isCarried(output)) {
    throw new PayloadTooLarge(
      `the output of ${state.workflow.name} is larger than ${LARGEST_PAYLOAD_BYTES} bytes: select less, or store an artifact`,
    );
  }
  return output;
}

/** Keeps values while they fit together; a larger one is replaced by a note of its size. The log still has it. */
export function fitted(values: Record<string, unknown>, limitBytes: number): Record<string, unknown> {
  let left = limitBytes;
  const kept = Object.entries(values).map(([name, value]): [string, unknown] => {
    const bytes = jsonBytes(value);
    if (bytes > left) return [name, omitted(bytes)];
    left -= bytes;
    return [name, value];
  });
  return Object.fromEntries(kept);
}

export const omitted = (bytes: number): { omitted: string } => ({ omitted: `${bytes} bytes: read the run's events for it` });
