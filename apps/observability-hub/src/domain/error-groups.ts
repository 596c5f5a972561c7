import type { ErrorGroup, ErrorReport } from '@aet/contracts';

/** Groups kept, and times kept to count the last hour. Beyond, the group that was quiet the longest goes. */
const MAX_GROUPS = 1_000;
const MAX_TIMES = 10_000;
const HOUR_MS = 3_600_000;

/** Errors by fingerprint, as many as fit. A report that comes twice (replay and live) counts once. */
export class ErrorGroups {
  private readonly groups = new Map<string, ErrorGroup>();
  private readonly told = new Set<string>();
  private readonly times: number[] = [];
  private total = 0;

  add(report: ErrorReport): void {
    const identity = `${report.instance} ${report.at} ${report.fingerprint}`;
    if (this.told.has(identity)) return;
    this.told.add(identity);
    trim(this.told, MAX_TIMES);
    this.total++;
    this.times.push(Date.parse(report.at));
    if (this.times.length > MAX_TIMES) this.times.shift();
    const known = this.groups.get(report.fingerprint);
    // Set anew, so that the map's order is that of the latest report.
    this.groups.delete(report.fingerprint);
    this.groups.set(report.fingerprint, known === undefined ? first(report) : another(known, report));
    trim(this.groups, MAX_GROUPS);
  }

  /** The latest first. */
  latest(limit: number): ErrorGroup[] {
    return [...this.groups.values()].toReversed().slice(0, limit);
  }

  counts(now: number): { total: number; lastHour: number } {
    return { total: this.total, lastHour: this.times.filter((time) => now - time <= HOUR_MS).length };
  }
}

const first = (report: ErrorReport): ErrorGroup => ({
  fingerprint: report.fingerprint,
  count: 1,
  firstAt: report.at,
  lastAt: report.at,
  last: report,
  services: [report.service],
});

const another = (group: ErrorGroup, report: ErrorReport): ErrorGroup => ({
  ...group,
  count: group.count + 1,
  lastAt: report.at,
  last: report,
  services: [...new Set([...group.services, report.service])],
});

function trim(collection: Set<string> | Map<string, unknown>, limit: number): void {
  for (const oldest of collection.keys()) {
    if (collection.size <= limit) return;
    collection.delete(oldest);
  }
}
