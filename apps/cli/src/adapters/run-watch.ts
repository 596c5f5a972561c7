import type { RunView } from '@aet/contracts';
import { followRun } from '../application/follow-run.js';
import { liveLines, progressLines } from '../domain/run-progress.js';
import type { ConsoleOutput } from './console-output.js';
import type { GatewayClient } from './gateway-client.js';
import { followWords } from './progress-words.js';

const LOOK_MS = 300;

/** Follows a run to its end and shows it: drawn in place in a terminal, a line for each change elsewhere. */
export async function watchRun(
  gateway: GatewayClient,
  runId: string,
  output: ConsoleOutput,
  signal: AbortSignal,
): Promise<RunView> {
  const over = new AbortController();
  const words = new Map<string, string>();
  let before: RunView | undefined;
  if (output.live) {
    void followWords(gateway, runId, AbortSignal.any([signal, over.signal]), ({ step, message }) => {
      if (message !== undefined) words.set(step, message);
    });
  }
  try {
    return await followRun(gateway, {
      runId,
      everyMs: LOOK_MS,
      signal,
      onView(view) {
        if (output.live) output.show(liveLines(view, words, Date.now()));
        else for (const line of progressLines(before, view, Date.now())) output.note(line);
        before = view;
      },
    });
  } finally {
    over.abort();
    output.endShow();
  }
}
