import { pause } from '@aet/resilience';

export interface HedgeOptions {
  /** When the answer counts as late, from now. Milliseconds. */
  afterMs: number;
  /** The caller's. */
  signal: AbortSignal | undefined;
  /** Asked when the answer is late. */
  mayRepeat: () => boolean;
  onWin: () => void;
}

/**
 * Sends a request, and once more when its answer is late. The first answer counts and the other request is aborted. An error before the second
 * request is the call's; after it the other one is waited for, and when both fail the first request's error counts.
 */
export async function hedged<T>(send: (signal: AbortSignal) => Promise<T>, options: HedgeOptions): Promise<T> {
  const ended = new AbortController();
  const abort = (): void => ended.abort();
  if (options.signal?.aborted === true) abort();
  options.signal?.addEventListener('abort', abort, { once: true });
  try {
    const first = send(ended.signal);
    if ((await isEarly(first, options.afterMs)) || !options.mayRepeat()) return await first;
    const { reply, won } = await firstOf(first, send(ended.signal));
    if (won) options.onWin();
    return reply;
  } finally {
    options.signal?.removeEventListener('abort', abort);
    ended.abort();
  }
}

/** The first reply; `won` says that it is the second request's. */
async function firstOf<T>(first: Promise<T>, second: Promise<T>): Promise<{ reply: T; won: boolean }> {
  const replies = [first.then((reply) => ({ reply, won: false })), second.then((reply) => ({ reply, won: true }))];
  try {
    return await Promise.any(replies);
  } catch (both) {
    throw (both as AggregateError).errors[0];
  }
}

/** Whether a promise is settled, either way, before the time is over. */
async function isEarly(promise: Promise<unknown>, ms: number): Promise<boolean> {
  const settled = new AbortController();
  const settle = (): void => settled.abort();
  promise.then(settle, settle);
  await pause(ms, settled.signal);
  return settled.signal.aborted;
}
