import { RunStreamEvent, type TaskProgress } from '@aet/contracts';
import { pause } from '@aet/resilience';
import { SseParser } from '../domain/sse.js';
import type { GatewayClient } from './gateway-client.js';

const RECONNECT_MS = 1_000;

/**
 * The last line that each running step said, live. Nothing depends on it: a stream that breaks is opened again, and what was said meanwhile
 * is lost. Ends with the signal.
 */
export async function followWords(
  gateway: GatewayClient,
  runId: string,
  signal: AbortSignal,
  onWord: (progress: TaskProgress) => void,
): Promise<void> {
  while (!signal.aborted) {
    try {
      const response = await gateway.events(runId, 0);
      if (await readWords(response, onWord)) return;
    } catch {
      // The gateway is away; the run is not.
    }
    await pause(RECONNECT_MS, signal);
  }
}

/** Resolves when the stream is over: true after the run's end. */
async function readWords(response: Response, onWord: (progress: TaskProgress) => void): Promise<boolean> {
  const parser = new SseParser();
  const decoder = new TextDecoder();
  for await (const chunk of response.body ?? []) {
    for (const { event, data } of parser.push(decoder.decode(chunk as Uint8Array, { stream: true }))) {
      if (event === RunStreamEvent.End) return true;
      if (event === RunStreamEvent.Progress) onWord(JSON.parse(data) as TaskProgress);
    }
  }
  return false;
}
