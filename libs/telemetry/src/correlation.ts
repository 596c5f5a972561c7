import { AsyncLocalStorage } from 'node:async_hooks';

/** What a piece of work carries with it through every await: to the log lines that it writes and the messages that it sends. */
export interface Correlation {
  correlationId: string;
  /** The message that caused this work. */
  causationId?: string;
  runId?: string;
  /** Unix milliseconds; what is called from here gets no more time. */
  deadline?: number;
  /** W3C trace context of the incoming message, for messages sent while no tracer runs in this process. */
  traceparent?: string;
  tracestate?: string;
}

const storage = new AsyncLocalStorage<Correlation>();

/** The one ambient value of a process. Set where a message or request enters, read where a line is logged or a message leaves. */
export const correlation = {
  /** Runs `fn` and all that it starts under `context`, in place of what was there. */
  run<T>(context: Correlation, fn: () => T): T {
    return storage.run(Object.freeze({ ...context }), fn);
  },

  /** Undefined outside of any work, such as at start-up. */
  current(): Readonly<Correlation> | undefined {
    return storage.getStore();
  },
};
