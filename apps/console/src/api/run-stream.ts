import type { ErrorBody, RunStatus, StoredRunEvent, TaskProgress } from '@aet/contracts';
import { ApiFailure, request } from './get-json.js';
import { SseParser } from './sse-parser.js';

export type StreamState =
  | { kind: 'connecting' }
  | { kind: 'live' }
  /** The gateway answers, but cannot read the log at the moment. */
  | { kind: 'trouble'; error: ErrorBody }
  | { kind: 'lost'; failure: ApiFailure }
  | { kind: 'ended'; status: RunStatus };

export interface StreamListener {
  onState: (state: StreamState) => void;
  onEvent: (event: StoredRunEvent) => void;
  onProgress: (line: TaskProgress) => void;
  onSkipped: (count: number) => void;
  /** Something came, were it only a sign of life. */
  onHeard: (at: number) => void;
}

/** The gateway says something at least every five seconds. Silence of this length means that nobody is there. Milliseconds. */
const SILENCE_MS = 13_000;
const FIRST_PAUSE_MS = 500;
const MAX_PAUSE_MS = 8000;

/**
 * Follows a run's event stream until it ends or `signal` is aborted. Reads by `fetch`, not `EventSource`, which hides statuses and signs of life.
 * After a loss it goes on from the last event that it saw, first soon, then more patiently.
 */
export async function followRun(runId: string, listener: StreamListener, signal: AbortSignal): Promise<void> {
  let after = 0;
  let failures = 0;
  while (!signal.aborted) {
    try {
      const ended = await readOnce(runId, after, signal, {
        ...listener,
        onEvent: (event) => {
          after = event.sequence;
          failures = 0;
          listener.onEvent(event);
        },
      });
      if (ended) return;
      throw new ApiFailure(0, { code: 'UNREACHABLE', message: 'the connection to the gateway ended', retryable: true });
    } catch (error) {
      if (signal.aborted) return;
      const failure = error instanceof ApiFailure ? error : lost();
      listener.onState({ kind: 'lost', failure });
      if (failure.signedOut || failure.status === 404 || failure.status === 400) return;
      failures += 1;
      await pause(Math.min(MAX_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (failures - 1)) * (0.5 + Math.random() / 2), signal);
    }
  }
}

const lost = (): ApiFailure =>
  new ApiFailure(0, { code: 'UNREACHABLE', message: 'the connection to the gateway was lost', retryable: true });

/** True when the run's end was told. */
async function readOnce(runId: string, after: number, signal: AbortSignal, listener: StreamListener): Promise<boolean> {
  const silence = new AbortController();
  let timer = setTimeout(() => silence.abort(), SILENCE_MS);
  try {
    const response = await request(`/v1/runs/${encodeURIComponent(runId)}/events?after=${after}`, {
      headers: { accept: 'text/event-stream' },
      signal: AbortSignal.any([signal, silence.signal]),
    });
    listener.onState({ kind: 'live' });
    const parser = new SseParser();
    const reader = (response.body ?? new ReadableStream<Uint8Array<ArrayBuffer>>())
      .pipeThrough(new TextDecoderStream())
      .getReader();
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return false;
      clearTimeout(timer);
      timer = setTimeout(() => silence.abort(), SILENCE_MS);
      listener.onHeard(Date.now());
      for (const message of parser.push(value)) if (tell(message.event, JSON.parse(message.data), listener)) return true;
    }
  } finally {
    clearTimeout(timer);
  }
}

/** The names are those of `RunStreamEvent` in the contracts. */
function tell(name: string, data: unknown, listener: StreamListener): boolean {
  if (name === 'trouble') {
    listener.onState({ kind: 'trouble', error: data as ErrorBody });
    return false;
  }
  if (name === 'end') {
    listener.onState({ kind: 'ended', status: (data as { status: RunStatus }).status });
    return true;
  }
  if (name === 'skipped') listener.onSkipped((data as { count: number }).count);
  if (name === 'progress') listener.onProgress(data as TaskProgress);
  if (name === 'run') listener.onEvent(data as StoredRunEvent);
  if (name === 'run' || name === 'progress') listener.onState({ kind: 'live' });
  return false;
}

const pause = (ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done, { once: true });
  });
