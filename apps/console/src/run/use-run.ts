import type { RunView, StoredRunEvent } from '@aet/contracts';
import { useEffect, useState } from 'react';
import { onChanged } from '../api/changes.js';
import { type ApiFailure, getJson } from '../api/get-json.js';
import { followRun, type StreamState } from '../api/run-stream.js';
import { placeOf } from './event-sentence.js';
import { lineOfEvent, lineOfProgress, type LogLine, MAX_LINES } from './log-line.js';

/** What an attempt has kept so far, as the log has it. */
export interface Saved {
  step: string;
  /** With the item of a fan-out. */
  place: string;
  attempt: number;
  at: string;
  value: unknown;
}

export interface LiveRun {
  run?: RunView;
  lines: LogLine[];
  /** By place; an attempt that was completed keeps nothing. */
  saved: Readonly<Record<string, Saved>>;
  /** Sequence of the last event that was read; 0: none yet. */
  last: number;
  stream: StreamState;
  /** When the gateway was last heard, unix milliseconds. */
  heardAt?: number;
  failure?: ApiFailure;
}

const NOTHING: LiveRun = { lines: [], saved: {}, last: 0, stream: { kind: 'connecting' } };

/** Many events at once are one look at the run. Milliseconds. */
const LOOK_MS = 250;

/** A run and what happens to it, from its stream. The run's state is always the orchestrator's own fold: the page does not make one of its own. */
export function useRun(runId: string): LiveRun {
  const [live, setLive] = useState<LiveRun>(NOTHING);
  // A run that had ended may have been taken up again: the stream, which had told its end, is opened anew.
  const [round, setRound] = useState(0);
  const over = live.stream.kind === 'ended';
  useEffect(() => onChanged(() => over && setRound((before) => before + 1)), [over]);
  useEffect(() => {
    const stop = new AbortController();
    setLive((before) => ({ ...NOTHING, ...(before.run === undefined ? {} : { run: before.run }) }));
    const patch = (part: Partial<LiveRun>): void => setLive((before) => ({ ...before, ...part }));
    const look = looker(runId, stop.signal, patch);
    const add = linesInBatches((lines) =>
      setLive((before) => ({ ...before, lines: [...before.lines, ...lines].slice(-MAX_LINES) })),
    );
    let count = 0;
    look.soon();
    void followRun(
      runId,
      {
        onState: (stream) => {
          setLive((before) => (before.stream.kind === 'live' && stream.kind === 'live' ? before : { ...before, stream }));
          if (stream.kind === 'live' || stream.kind === 'ended') look.soon();
        },
        onHeard: (heardAt) => patch({ heardAt }),
        onEvent: (event) => {
          add(lineOfEvent(event));
          note(event, setLive);
          look.soon();
        },
        onProgress: (progress) => {
          const line = lineOfProgress(progress, ++count);
          if (line !== undefined) add(line);
        },
        onSkipped: (skipped) =>
          add({ key: `s${++count}`, at: new Date().toISOString(), text: `${skipped} lines were too fast for this page` }),
      },
      stop.signal,
    );
    return () => stop.abort();
  }, [runId, round]);
  return live;
}

/** What the log says and the run's answer does not. */
function note(event: StoredRunEvent, set: (change: (before: LiveRun) => LiveRun) => void): void {
  set((before) => ({ ...before, last: event.sequence, saved: savedAfter(before.saved, event) }));
}

function savedAfter(saved: LiveRun['saved'], event: StoredRunEvent): LiveRun['saved'] {
  if (event.type === 'attempt.saved') {
    const { step, attempt, saved: value } = event.data;
    const place = placeOf(event.data);
    return { ...saved, [place]: { step, place, attempt, at: event.time, value } };
  }
  if (event.type !== 'attempt.completed' || saved[placeOf(event.data)] === undefined) return saved;
  const { [placeOf(event.data)]: _, ...others } = saved;
  return others;
}

/** Reads the run soon, once for many reasons, and once more when a reason came meanwhile. */
function looker(runId: string, signal: AbortSignal, patch: (part: Partial<LiveRun>) => void): { soon: () => void } {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const soon = (): void => {
    timer ??= setTimeout(() => void look(), LOOK_MS);
  };
  const look = async (): Promise<void> => {
    timer = undefined;
    try {
      patch({ run: await getJson<RunView>(`/v1/runs/${encodeURIComponent(runId)}`, signal) });
    } catch (error) {
      if (!signal.aborted) patch({ failure: error as ApiFailure });
    }
  };
  signal.addEventListener('abort', () => clearTimeout(timer));
  return { soon };
}

/** One paint for many lines: a replay of a long log must not render once for each. */
function linesInBatches(flush: (lines: LogLine[]) => void): (line: LogLine) => void {
  let waiting: LogLine[] = [];
  return (line) => {
    waiting.push(line);
    if (waiting.length > 1) return;
    requestAnimationFrame(() => {
      flush(waiting);
      waiting = [];
    });
  };
}
