import type { Priority, StreamFill } from '@aet/contracts';

/** Tasks of one capability and priority in a cell. */
export interface LaneDepth {
  capability: string;
  priority: Priority;
  /** No host has them. */
  waiting: number;
  /** In hand, or given back with a wait. */
  inHand: number;
  redelivered: number;
  /** No host has ever had an agent for them: they wait for one. */
  unserved?: true;
}

/** Looks at the work streams of a cell, and changes nothing. @throws {Unavailable} {NotFound} */
export abstract class QueueInspector {
  abstract lanes(): Promise<LaneDepth[]>;
  /** Of the streams that refuse a message when they are full. */
  abstract fill(): Promise<StreamFill[]>;
}
