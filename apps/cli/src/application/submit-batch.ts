import { AetError, type ErrorBody, ErrorCode, type RunsAccepted, type SubmitRun, type Violation } from '@aet/contracts';
import { pause } from '@aet/resilience';
import type { Wish } from '../domain/batch-line.js';

/** Runs and bytes of one request at most: it must fit into one message. */
const MOST_RUNS = 200;
const MOST_BYTES = 600 * 1024;
/** A fleet without room for more work is asked again after this time. Milliseconds. */
const ROOM_MS = 1_000;

type Asked = Extract<Wish, { run: SubmitRun }>;
/** What became of a line. */
export type LineEnd = { line: number; runId: string; existing: boolean } | { line: number; error: ErrorBody };

export interface BatchParts {
  submitMany(runs: SubmitRun[]): Promise<RunsAccepted>;
  /** Of each request, as it was answered. */
  onEnds(ends: readonly LineEnd[]): void;
  /** There is no room for more at the moment. */
  onWait(error: ErrorBody): void;
  signal: AbortSignal;
}

/** Submits lines as they come, in requests of many; a line that is wrong holds up no other. Returns when all were answered, or the signal came. */
export async function submitBatch(wishes: AsyncIterable<Wish>, parts: BatchParts): Promise<void> {
  let chunk: Asked[] = [];
  let bytes = 0;
  for await (const wish of wishes) {
    if (parts.signal.aborted) return;
    if ('error' in wish) {
      parts.onEnds([wish]);
      continue;
    }
    if (chunk.length === MOST_RUNS || (chunk.length > 0 && bytes + wish.bytes > MOST_BYTES)) {
      await submitAll(chunk, parts);
      [chunk, bytes] = [[], 0];
    }
    chunk.push(wish);
    bytes += wish.bytes;
  }
  await submitAll(chunk, parts);
}

/** What could be accepted later is asked again. */
async function submitAll(wishes: readonly Asked[], parts: BatchParts): Promise<void> {
  for (let open = wishes; open.length > 0 && !parts.signal.aborted;) {
    const answered = await submitOnce(open, parts);
    const ends = answered.filter((end) => !('error' in end) || !end.error.retryable);
    if (ends.length > 0) parts.onEnds(ends);
    const known = new Set(ends.map(({ line }) => line));
    open = open.filter(({ line }) => !known.has(line));
    const [late] = answered.flatMap((end) => ('error' in end && end.error.retryable ? [end.error] : []));
    if (open.length === 0 || late === undefined) continue;
    parts.onWait(late);
    await pause(ROOM_MS, parts.signal);
  }
}

async function submitOnce(wishes: readonly Asked[], parts: BatchParts): Promise<LineEnd[]> {
  try {
    const { results } = await parts.submitMany(wishes.map(({ run }) => run));
    return wishes.flatMap(({ line }, index): LineEnd[] => {
      const result = results[index];
      if (result === undefined) return [];
      if ('error' in result) return [{ line, error: result.error }];
      return [{ line, runId: result.accepted.runId, existing: result.accepted.existing }];
    });
  } catch (error) {
    // A request with a line of a wrong shape is refused as a whole, and says which one it is: the others go without it.
    const wrong = wrongOf(error, wishes);
    if (wrong.length === 0) throw error;
    return wrong;
  }
}

/** The lines that the refusal of a whole request names. */
function wrongOf(error: unknown, wishes: readonly Asked[]): LineEnd[] {
  if (!(error instanceof AetError) || error.code !== ErrorCode.ValidationFailed) return [];
  const { violations = [] } = (error.details ?? {}) as { violations?: Violation[] };
  const messages = Map.groupBy(violations, ({ path }) => Number(/^runs\.(\d+)\b/.exec(path)?.[1] ?? -1));
  return [...messages].flatMap(([index, found]): LineEnd[] => {
    const wish = wishes[index];
    if (wish === undefined) return [];
    const message = found.map((violation) => violation.message).join('; ');
    return [{ line: wish.line, error: { code: error.code, message, retryable: false } }];
  });
}
