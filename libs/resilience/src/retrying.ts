import { type Backoff, patientBackoffMs } from './backoff.js';

export interface RetryingOptions extends Backoff {
  signal?: AbortSignal;
  /** Default: every error is worth another try. */
  retryable?: (error: unknown) => boolean;
  onRetry?: (error: unknown, attempt: number, waitMs: number) => void;
  random?: () => number;
}

/** Tries until it succeeds, the error is not retryable, or the signal aborts (then the last error is thrown). For boot and background loops. */
export async function retrying<T>(action: (attempt: number) => Promise<T>, options: RetryingOptions): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await action(attempt);
    } catch (error) {
      if (options.signal?.aborted === true || options.retryable?.(error) === false) throw error;
      const waitMs = patientBackoffMs(attempt, options, options.random ?? Math.random);
      options.onRetry?.(error, attempt, waitMs);
      await pause(waitMs, options.signal);
      if (isAborted(options.signal)) throw error;
    }
  }
}

const isAborted = (signal: AbortSignal | undefined): boolean => signal?.aborted === true;

/** Resolves after the time, or at once when the signal aborts. */
export function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (isAborted(signal)) return resolve();
    const end = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal?.addEventListener('abort', end, { once: true });
  });
}
