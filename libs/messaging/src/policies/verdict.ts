import { AetError, ErrorCode, RemoteError } from '@aet/contracts';

/**
 * What the end of a call says of the method that was called. `failure`: it is not well. `alive`: it answered, if only to refuse.
 * `nothing`: the call was taken back, never sent, or met an instance that is just leaving.
 */
export type Verdict = 'failure' | 'alive' | 'nothing';

const FAILURES: ReadonlySet<string> = new Set([
  ErrorCode.Unavailable,
  ErrorCode.NoResponders,
  ErrorCode.DeadlinePassed,
  ErrorCode.Internal,
]);
const LEAVING: ReadonlySet<string> = new Set([ErrorCode.Draining, ErrorCode.Cancelled]);

export function verdictOn(error: unknown): Verdict {
  if (!(error instanceof AetError)) return 'nothing';
  if (FAILURES.has(error.code)) return 'failure';
  return error instanceof RemoteError && !LEAVING.has(error.code) ? 'alive' : 'nothing';
}

/** In the details of a refusal: nothing was begun, so even what is not idempotent may be sent again. */
export const NOT_BEGUN = { begun: false } as const;

/** Whether the other side may have carried out a call that ended so. */
export function mayHaveRun(error: AetError): boolean {
  if (error.code === ErrorCode.NoResponders || error.code === ErrorCode.Draining) return false;
  const { details } = error;
  return !(typeof details === 'object' && details !== null && 'begun' in details && details.begun === false);
}
