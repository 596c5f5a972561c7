import { type ErrorBody, ErrorCode, type TaskMessage, toErrorBody, type Usage } from '@aet/contracts';
import type { ExecutionContext, Executor, ExecutorEvent } from './domain/executor.js';

export type Ending =
  | { status: 'completed'; output: unknown; usage?: Usage }
  | { status: 'failed'; error: ErrorBody; usage?: Usage }
  /** The host gave up the task (drain): nothing is known of its end. */
  | { status: 'abandoned' };

/** How long an executor may take to end itself after an abort, before nobody listens to it any more. Milliseconds. */
const GRACE_MS = 5_000;

export interface Limits {
  /** Aborted by the host: drain, or the message is lost. */
  host: AbortSignal;
  timeoutMs: number;
}

/** Runs one executor to its end, within the time limit. `news` gets what it says on the way. Never throws. */
export async function runExecutor(
  executor: Executor,
  task: TaskMessage,
  context: Omit<ExecutionContext, 'signal'>,
  limits: Limits,
  news: (event: Extract<ExecutorEvent, { kind: 'log' | 'progress' }>) => void,
): Promise<Ending> {
  if (limits.host.aborted) return { status: 'abandoned' };
  const stop = new AbortController();
  const { signal } = stop;
  const give = () => stop.abort();
  limits.host.addEventListener('abort', give, { once: true });
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    stop.abort();
  }, limits.timeoutMs);
  try {
    const ending = await Promise.race([listen(executor.run(task, { ...context, signal }), news), silenceAfter(signal)]);
    if (limits.host.aborted) return { status: 'abandoned' };
    // An executor that finished in spite of the limit has finished: its output counts.
    return late && ending?.status !== 'completed' ? timedOut(limits.timeoutMs, ending) : (ending ?? brokenPromise());
  } catch (error) {
    return limits.host.aborted ? { status: 'abandoned' } : { status: 'failed', error: toErrorBody(error) };
  } finally {
    clearTimeout(timer);
    limits.host.removeEventListener('abort', give);
  }
}

async function listen(
  events: AsyncIterable<ExecutorEvent>,
  news: (event: Extract<ExecutorEvent, { kind: 'log' | 'progress' }>) => void,
): Promise<Ending | undefined> {
  for await (const event of events) {
    switch (event.kind) {
      case 'log':
      case 'progress':
        news(event);
        break;
      case 'completed':
        return { status: 'completed', output: event.output, ...usageOf(event) };
      case 'failed':
        return { status: 'failed', error: failure(event), ...usageOf(event) };
    }
  }
  return undefined;
}

const usageOf = (event: { usage?: Usage }): { usage?: Usage } => (event.usage === undefined ? {} : { usage: event.usage });

const failure = (event: Extract<ExecutorEvent, { kind: 'failed' }>): ErrorBody => ({
  code: ErrorCode.AttemptFailed,
  message: event.message,
  retryable: event.retryable,
  ...(event.details === undefined ? {} : { details: event.details }),
});

function silenceAfter(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    const startGrace = () => setTimeout(() => resolve(undefined), GRACE_MS).unref();
    if (signal.aborted) startGrace();
    else signal.addEventListener('abort', startGrace, { once: true });
  });
}

function timedOut(timeoutMs: number, ending: Ending | undefined): Ending {
  const said = ending?.status === 'failed' ? `; it said: ${ending.error.message}` : '';
  const message = `the attempt did not end within its ${timeoutMs} ms${said}: raise the step's timeout, or give it less to do`;
  return { status: 'failed', error: { code: ErrorCode.AttemptTimeout, message, retryable: true } };
}

const brokenPromise = (): Ending => ({
  status: 'failed',
  error: { code: ErrorCode.Internal, message: 'the executor ended without saying how', retryable: false },
});
