import type { CellPicture, InstanceRecord, RegistrySnapshot } from '@aet/contracts';

/** A cell that told nothing of itself for so long is unreachable. Milliseconds. */
const REACHABLE_MS = 5_000;

interface OtherCell {
  at: string;
  /** When it came here, by our monotonic clock: clocks of two machines differ. */
  heardMs: number;
  instances: readonly InstanceRecord[];
}

/** What a registry knows. Immutable. */
export interface RegistryPicture {
  cell: string;
  /** By lease key. */
  local: ReadonlyMap<string, InstanceRecord>;
  /** Instances whose lease expired, and when, monotonic: a lease may come back after a cut. */
  expired: ReadonlyMap<string, number>;
  others: ReadonlyMap<string, OtherCell>;
}

export type PictureChange =
  | { kind: 'seen'; key: string; record: InstanceRecord }
  | { kind: 'gone'; key: string; expired: boolean; nowMs: number }
  | { kind: 'heard'; snapshot: RegistrySnapshot; nowMs: number };

export const emptyPicture = (cell: string): RegistryPicture => ({
  cell,
  local: new Map(),
  expired: new Map(),
  others: new Map(),
});

export function reducePicture(picture: RegistryPicture, change: PictureChange): RegistryPicture {
  switch (change.kind) {
    case 'seen':
      return {
        ...picture,
        local: new Map(picture.local).set(change.key, change.record),
        expired: without(picture.expired, change.record.instance),
      };
    case 'gone': {
      const record = picture.local.get(change.key);
      if (record === undefined) return picture;
      const expired = change.expired ? new Map(picture.expired).set(record.instance, change.nowMs) : picture.expired;
      return { ...picture, local: without(picture.local, change.key), expired };
    }
    case 'heard': {
      const { cell, at, instances } = change.snapshot;
      // Another registry of this cell: the leases have told already.
      if (cell === picture.cell) return picture;
      return { ...picture, others: new Map(picture.others).set(cell, { at, heardMs: change.nowMs, instances }) };
    }
  }
}

const without = <V>(map: ReadonlyMap<string, V>, key: string): ReadonlyMap<string, V> =>
  map.has(key) ? new Map([...map].filter(([other]) => other !== key)) : map;

export interface InstanceFilter {
  service?: string;
  cell?: string;
  capability?: string;
}

/** The cells with their instances, this one first, the others by name. */
export function cellPictures(
  picture: RegistryPicture,
  now: { at: string; monotonicMs: number },
  filter: InstanceFilter = {},
): CellPicture[] {
  const local: CellPicture = { cell: picture.cell, state: 'local', at: now.at, instances: [...picture.local.values()] };
  const others = [...picture.others].map(([cell, { at, heardMs, instances }]): CellPicture => {
    const state = now.monotonicMs - heardMs <= REACHABLE_MS ? 'reachable' : 'unreachable';
    return { cell, state, at, instances: [...instances] };
  });
  return [local, ...others.toSorted((a, b) => a.cell.localeCompare(b.cell))]
    .filter(({ cell }) => filter.cell === undefined || cell === filter.cell)
    .map((cell) => ({ ...cell, instances: cell.instances.filter((record) => matches(record, filter)).toSorted(byName) }));
}

const matches = (record: InstanceRecord, { service, capability }: InstanceFilter): boolean =>
  (service === undefined || record.service === service) && (capability === undefined || record.capabilities.includes(capability));

const byName = (a: InstanceRecord, b: InstanceRecord): number => a.instance.localeCompare(b.instance);

/** Instances that live, or whose lease expired less than `graceMs` ago: their ports are not taken back yet. */
export function possiblyAlive(picture: RegistryPicture, nowMs: number, graceMs: number): ReadonlySet<string> {
  const recent = [...picture.expired].filter(([, at]) => nowMs - at < graceMs).map(([instance]) => instance);
  return new Set([...[...picture.local.values()].map(({ instance }) => instance), ...recent]);
}

/** Forgets expiries that no longer matter. */
export function forgetExpired(picture: RegistryPicture, nowMs: number, graceMs: number): RegistryPicture {
  const recent = [...picture.expired].filter(([, at]) => nowMs - at < graceMs);
  return recent.length === picture.expired.size ? picture : { ...picture, expired: new Map(recent) };
}
