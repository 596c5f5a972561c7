import { type FleetHealth, type HealthReport, HealthStatus, type InstanceHealth, type InstanceRecord } from '@aet/contracts';

/** Health is told on every change and every 5 s: after this long without a word an instance of another cell counts as lost. Milliseconds. */
export const SILENT_AFTER_MS = 12_000;
/** A cell has many instances: when none of them was heard for this long, it is out of reach. */
export const UNREACHABLE_AFTER_MS = 7_000;
/** A lost instance is shown this long, then it is history. */
export const FORGET_AFTER_MS = 600_000;

interface Seen {
  record: InstanceRecord;
  problems: Record<string, string>;
  /** Unix milliseconds, by this hub's clock: clocks of other machines are not trusted. */
  seenAt: number;
  /** Its lease ended without a good-bye. */
  expired: boolean;
}

/**
 * What a hub knows of every instance of every cell. Two sources: leases of its own cell, which end by themselves, and health reports of all cells.
 * The time is an argument of everything.
 */
export class FleetPicture {
  private readonly seen = new Map<string, Seen>();

  constructor(private readonly ownCell: string) {}

  heard({ record, problems }: HealthReport, now: number): void {
    // A report that was on its way while its sender said good-bye must not bring it back: draining is the last word.
    if (record.health === HealthStatus.Draining && !this.seen.has(record.instance)) return;
    this.seen.set(record.instance, { record, problems, seenAt: now, expired: false });
  }

  leased(record: InstanceRecord, now: number): void {
    const problems = this.seen.get(record.instance)?.problems ?? {};
    this.seen.set(record.instance, { record, problems, seenAt: now, expired: false });
  }

  leaseEnded(instance: string, expired: boolean): void {
    const known = this.seen.get(instance);
    if (known === undefined) return;
    if (expired) known.expired = true;
    else this.seen.delete(instance);
  }

  /** Forgets what was lost long ago, and instances of other cells that ended while nobody listened. */
  sweep(now: number): void {
    for (const [instance, { seenAt }] of this.seen) if (now - seenAt > FORGET_AFTER_MS) this.seen.delete(instance);
  }

  cells(now: number): FleetHealth['cells'] {
    const byCell = new Map<string, Seen[]>([[this.ownCell, []]]);
    for (const entry of this.seen.values()) {
      const cell = byCell.get(entry.record.cell);
      if (cell === undefined) byCell.set(entry.record.cell, [entry]);
      else cell.push(entry);
    }
    return [...byCell].map(([cell, entries]) => ({
      cell,
      reachable: cell === this.ownCell || entries.some(({ seenAt }) => now - seenAt <= UNREACHABLE_AFTER_MS),
      instances: entries.map((entry) => this.healthOf(entry, now)).toSorted(byName),
    }));
  }

  private healthOf({ record, problems, seenAt, expired }: Seen, now: number): InstanceHealth {
    const lost = expired || now - seenAt > SILENT_AFTER_MS;
    return { record, problems, lastSeen: new Date(seenAt).toISOString(), state: lost ? 'lost' : stateOf(record.health) };
  }
}

const byName = (a: InstanceHealth, b: InstanceHealth): number => a.record.instance.localeCompare(b.record.instance);

function stateOf(health: HealthStatus): InstanceHealth['state'] {
  switch (health) {
    case 'ready':
      return 'up';
    case 'starting':
    case 'degraded':
      return 'degraded';
    case 'draining':
      return 'draining';
  }
}
