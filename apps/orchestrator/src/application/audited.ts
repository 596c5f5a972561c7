import { AetError } from '@aet/contracts';
import type { Auditor } from './ports.js';

/** What an operator said: the same words stand in the record. */
export interface Act {
  /** Such as `run.cancelled`; a refusal stands as `run.cancelled-refused`. */
  action: string;
  by: string;
  reason?: string;
  [fact: string]: unknown;
}

/** Carries out an operator's act and writes it down, whether it was done or refused. What may be tried again is not yet either. */
export async function audited<T>(audit: Auditor, { action, ...facts }: Act, perform: () => Promise<T>): Promise<T> {
  let done: T;
  try {
    done = await perform();
  } catch (error) {
    if (error instanceof AetError && !error.retryable) {
      await audit.record(`${action}-refused`, { ...facts, code: error.code, message: error.message });
    }
    throw error;
  }
  await audit.record(action, facts);
  return done;
}
