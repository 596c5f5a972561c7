import { type CachedFrom, type ErrorBody, ErrorCode, type TaskMessage, toErrorBody, type Usage } from '@aet/contracts';
import type { ExecutionContext, ExecutionServices, Executor, ExecutorEvent, ExecutorNews } from './domain/executor.js';
import { attemptServices } from './effects/attempt-services.js';
import { type Limits, StopOrder } from './stop-order.js';

export type Ending =
  /** `reads`: files that it rests on. `cached`: nothing was executed. */
  | { status: 'completed'; output: unknown; usage?: Usage; reads?: string[]; cached?: CachedFrom }
  | { status: 'failed'; error: ErrorBody; usage?: Usage }
  /** Somebody else will report its result. */
  | { status: 'deferred' }
  /** The host gave up the task (drain): nothing is known of its end. */
  | { status: 'abandoned' }
  /** Nobody waits for it any more: nothing is to be told of it. */
  | { status: 'unwanted' };

/** How long an executor may take to end itself after an abort, before nobody listens to it any more. Milliseconds. */
const GRACE_MS = 5_000;

/** Runs one executor to its end, within its limits. `news` gets what it says on the way. Never throws. */
export async function runExecutor(
  executor: Executor,
  task: TaskMessage,
  context: Omit<ExecutionContext, 'signal' | 'services'> & { services: ExecutionServices },
  limits: Limits,
  news: (event: ExecutorNews) => void,
): Promise<Ending> {
  using stop = new StopOrder(limits);
  if (stop.reason !== undefined) return stoppedAs(stop, limits, undefined);
  const said = (event: ExecutorNews): void => {
    stop.heard();
    news(event);
  };
  const services = attemptServices(context.services, task, context.agent.name, stop.signal);
  try {
    const ending = await Promise.race([
      listen(executor.run(task, { ...context, services, signal: stop.signal }), said),
      silenceAfter(stop.signal),
    ]);
    return stop.reason === undefined ? (ending ?? brokenPromise()) : stoppedAs(stop, limits, ending);
  } catch (error) {
    const failure: Ending = { status: 'failed', error: toErrorBody(error) };
    return stop.reason === 'host' || stop.reason === 'unwanted' ? stoppedAs(stop, limits, undefined) : failure;
  }
}

async function listen(events: AsyncIterable<ExecutorEvent>, news: (event: ExecutorNews) => void): Promise<Ending | undefined> {
  for await (const event of events) {
    switch (event.kind) {
      case 'log':
      case 'progress':
      case 'saved':
        news(event);
        break;
      case 'completed':
        return { status: 'completed', output: event.output, ...readsOf(event), ...usageOf(event) };
      case 'deferred':
        news({ kind: 'log', message: event.message });
        return { status: 'deferred' };
      case 'failed':
        return { status: 'failed', error: failure(event), ...usageOf(event) };
    }
  }
  return undefined;
}

const readsOf = ({ reads }: { reads?: string[] }): { reads?: string[] } => (reads === undefined ? {} : { reads });
const usageOf = (event: { usage?: Usage }): { usage?: Usage } => (event.usage === undefined ? {} : { usage: event.usage });

const failure = (event: Extract<ExecutorEvent, { kind: 'failed' }>): ErrorBody => ({
  code: event.code ?? ErrorCode.AttemptFailed,
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

function stoppedAs({ reason }: StopOrder, { timeoutMs, heartbeatMs }: Limits, ending: Ending | undefined): Ending {
  if (reason === 'host') return { status: 'abandoned' };
  if (reason === 'unwanted') return { status: 'unwanted' };
  // An executor that finished in spite of the limit has finished: its output counts.
  if (ending?.status === 'completed' || ending?.status === 'deferred') return ending;
  const said = ending?.status === 'failed' ? `; it said: ${ending.error.message}` : '';
  const message =
    reason === 'silence'
      ? `no sign of life for ${heartbeatMs} ms${said}: let it say something more often, or raise the step's heartbeat`
      : `the attempt did not end within its ${timeoutMs} ms${said}: raise the step's timeout, or give it less to do`;
  return { status: 'failed', error: { code: ErrorCode.AttemptTimeout, message, retryable: true } };
}

const brokenPromise = (): Ending => ({
  status: 'failed',
  error: { code: ErrorCode.Internal, message: 'the executor ended without saying how', retryable: false },
});
