import type { StopNotice } from '@aet/contracts';
import type { Subscription } from './event-bus.js';

/** How hosts learn within a moment that nobody waits for what they do. Told once, kept nowhere. */
export abstract class StopNotices {
  /** Never rejects and never waits. @param cell that owns the run */
  abstract publish(notice: StopNotice, cell: string): void;
  /** Notices of every cell in reach. */
  abstract onStop(handler: (notice: StopNotice) => void): Subscription;
}
