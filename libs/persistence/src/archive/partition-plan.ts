const DAY_MS = 24 * 60 * 60 * 1_000;
/** A Monday, 00:00 UTC: partitions of weeks begin on Mondays. */
const ANCHOR_MS = Date.UTC(1970, 0, 5);

/** A part of the log by time: run ids from `from` on and before `to`. */
export interface PartitionBounds {
  from: string;
  to: string;
}

/** The smallest text that a run id of version 7 of that moment, or a later one, can begin with. Source: RFC 9562, 5.7: 48 bits of unix milliseconds. */
export function idBound(ms: number): string {
  const hex = Math.max(0, Math.trunc(ms)).toString(16).padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}`;
}

/** Unix milliseconds of a bound, or of a run id of version 7. */
const timeOfBound = (bound: string): number => Number.parseInt(bound.slice(0, 13).replace('-', ''), 16);

export const partitionName = ({ from }: PartitionBounds): string =>
  `run_event_${new Date(timeOfBound(from)).toISOString().slice(0, 10).replaceAll('-', '')}`;

const periodStart = (ms: number, days: number): number =>
  ANCHOR_MS + Math.floor((ms - ANCHOR_MS) / (days * DAY_MS)) * days * DAY_MS;

/** The period that `nowMs` lies in, and the next one. */
export function firstBounds(nowMs: number, days: number): [PartitionBounds, PartitionBounds] {
  const start = periodStart(nowMs, days);
  const [from, to, end] = [start, start + days * DAY_MS, start + 2 * days * DAY_MS].map(idBound) as [string, string, string];
  return [
    { from, to },
    { from: to, to: end },
  ];
}

/**
 * Partitions that are missing so that the next two periods have theirs. They go on where the last one ends, so a change of the period leaves neither
 * a gap nor an overlap.
 * @param lastTo end of the last partition that is there; undefined: there is none
 */
export function missingPartitions(lastTo: string | undefined, nowMs: number, days: number): PartitionBounds[] {
  const until = periodStart(nowMs, days) + 3 * days * DAY_MS;
  let from = lastTo === undefined ? periodStart(nowMs, days) : Math.max(timeOfBound(lastTo), 0);
  const missing: PartitionBounds[] = [];
  while (from < until) {
    const to = periodStart(from, days) + days * DAY_MS;
    missing.push({ from: idBound(from), to: idBound(to) });
    from = to;
  }
  return missing;
}
