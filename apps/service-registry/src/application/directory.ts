import type { InstanceRecord, RegistrySnapshot } from '@aet/contracts';
import type { LeaseChange } from '@aet/messaging';
import {
  cellPictures,
  emptyPicture,
  forgetExpired,
  type InstanceFilter,
  type PictureChange,
  possiblyAlive,
  reducePicture,
  type RegistryPicture,
} from '../domain/registry-picture.js';
import type { CellPicture } from '@aet/contracts';

/** How long after its expiry an instance may still come back, and how long after a start the picture may be incomplete. Milliseconds. */
export const GRACE_MS = 10_000;

/** The current picture of all cells, fed by leases and by other registries. */
export class InstanceDirectory {
  private picture: RegistryPicture;

  constructor(
    cell: string,
    /** Monotonic milliseconds. */
    private readonly nowMs: () => number = () => performance.now(),
  ) {
    this.picture = emptyPicture(cell);
  }

  leaseChanged(change: LeaseChange<InstanceRecord>): void {
    if (change.kind === 'put') this.apply({ kind: 'seen', key: change.entry.key, record: change.entry.value });
    else this.apply({ kind: 'gone', key: change.key, expired: change.expired, nowMs: this.nowMs() });
  }

  heard(snapshot: RegistrySnapshot): void {
    this.apply({ kind: 'heard', snapshot, nowMs: this.nowMs() });
  }

  cells(filter?: InstanceFilter): CellPicture[] {
    return cellPictures(this.picture, { at: new Date().toISOString(), monotonicMs: this.nowMs() }, filter);
  }

  snapshot(): RegistrySnapshot {
    return { cell: this.picture.cell, at: new Date().toISOString(), instances: [...this.picture.local.values()] };
  }

  /** Whose ports must not be taken back. */
  possiblyAlive(): ReadonlySet<string> {
    this.picture = forgetExpired(this.picture, this.nowMs(), GRACE_MS);
    return possiblyAlive(this.picture, this.nowMs(), GRACE_MS);
  }

  private apply(change: PictureChange): void {
    this.picture = reducePicture(this.picture, change);
  }
}
