import type { CloudEvent } from '@aet/contracts';
import { type ChainEnd, eventHash, GENESIS, type HashedEvent, type LinkedEvent } from '../hash-chain.js';

/** A run as the copied facts of another cell tell it. */
export interface CopiedRun {
  runId: string;
  /** From the first on, without a gap, each with its place in the chain. */
  events: LinkedEvent[];
  /** Up to here the hashes that the other cell told prove every event; facts that were told without a hash prove nothing. */
  proven: number;
  /** Why the copy ends before the last fact that it has. */
  gap?: { sequence: number; last: number; why: string };
}

interface RunFactParts extends HashedEvent {
  hash: string | undefined;
}

/**
 * Puts a run's log together again. A fact may have come twice, in any order, and once shortened and once whole: what the hash proves is taken.
 * Pure; nothing is taken on trust but what facts of before hashes were told say of themselves.
 */
export function copiedRun(runId: string, facts: readonly CloudEvent[]): CopiedRun {
  const bySequence = Map.groupBy(
    facts.flatMap((fact) => partsOf(runId, fact)),
    ({ sequence }) => sequence,
  );
  const last = Math.max(0, ...bySequence.keys());
  const events: LinkedEvent[] = [];
  let end: ChainEnd = { sequence: 0, hash: GENESIS };
  let proven = 0;
  while (end.sequence < last) {
    const sequence = end.sequence + 1;
    const told = bySequence.get(sequence) ?? [];
    const next = fitting(told, end.hash);
    if (next === undefined) return { runId, events, proven, gap: { sequence, last, why: whyNot(told) } };
    events.push(next);
    end = { sequence, hash: next.hash };
    if (told.some(({ hash }) => hash === next.hash)) proven = sequence;
  }
  return { runId, events, proven };
}

/** The event behind `prevHash` among what was told in its place. */
function fitting(told: readonly RunFactParts[], prevHash: string): LinkedEvent | undefined {
  const linked = told.map(({ hash: claimed, ...event }) => ({ claimed, ...event, prevHash, hash: eventHash(prevHash, event) }));
  const found = linked.find(({ claimed, hash }) => claimed === hash) ?? linked.find(({ claimed }) => claimed === undefined);
  if (found === undefined) return undefined;
  const { claimed: _, ...event } = found;
  return event;
}

const whyNot = (told: readonly RunFactParts[]): string => {
  if (told.length === 0) return 'it is not in the copy';
  return told.some(({ data }) => data.includes('"omittedBytes":'))
    ? 'it was too large for the copy'
    : 'its hash does not fit: it was changed, or what stands before it was';
};

/** Data are JSON again as they were written: both are what `JSON.stringify` makes of the same value, and the log keeps its text. */
function partsOf(runId: string, { id, type, time, data, hash }: CloudEvent): RunFactParts[] {
  const sequence = Number(id.slice(runId.length + 1));
  if (!id.startsWith(`${runId}:`) || !Number.isSafeInteger(sequence) || sequence < 1) return [];
  return [{ runId, sequence, type, time, data: JSON.stringify(data), hash }];
}
