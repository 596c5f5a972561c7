import type { Subscription } from '../event-bus.js';

/** A source of messages that can be told to end. */
export interface Stoppable {
  stop(): void;
  /** Resolves when nothing more comes of it. */
  readonly finished: Promise<void>;
}

/** Several sources as one subscription. */
export function openSubscription(sources: readonly Stoppable[]): Subscription {
  const close = async (): Promise<void> => {
    for (const source of sources) source.stop();
    await Promise.all(sources.map(({ finished }) => finished));
  };
  return { close, [Symbol.asyncDispose]: close };
}
