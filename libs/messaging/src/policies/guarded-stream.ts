import type { Target } from './target.js';
import { verdictOn } from './verdict.js';

/**
 * A stream behind the breaker of its target. Its first item, or an end without any, shows that the other side is well; an error shows what it shows
 * of a call. Nothing else: half a stream is not repeated, and one that lasts must not hold a place that calls need.
 */
export async function* guardedStream<T>(
  target: Target,
  now: () => number,
  open: () => AsyncIterable<T>,
): AsyncGenerator<T, undefined, undefined> {
  target.called(now());
  if (!target.ask(now())) throw target.refusal(now());
  let told = false;
  try {
    for await (const item of open()) {
      if (!told) target.tell('success', now());
      told = true;
      yield item;
    }
    if (!told) target.tell('success', now());
    told = true;
  } catch (error) {
    target.ended(verdictOn(error), now());
    told = true;
    throw error;
  } finally {
    // The reader went before anything came.
    if (!told) target.tell('abandon', now());
  }
}
