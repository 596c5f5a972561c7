import type { StoredMessage } from './stream/publish-stored.js';
import type { Published } from './work-queue.js';

/** The message waits on this host's disk, behind others of its subject, and goes to its stream as soon as that takes it. */
export interface Kept {
  kept: true;
}

/** What became of a message: its stream has it, or the outbox. */
export type Accepted = Published | Kept;

/** When the bytes of an accepted message are on the disk itself, and not only with the operating system: matters when the machine loses power. */
export type FsyncPolicy = 'always' | 'interval' | 'never';

/** What waits, and what became of the rest since this process began. Times in unix milliseconds. */
export interface OutboxStatus {
  folder: string;
  /** On disk, what is set aside included. */
  bytes: number;
  limitBytes: number;
  /** Messages that wait. */
  records: number;
  /** When the oldest of them was accepted. */
  oldestAt?: number;
  /** Messages that were accepted onto the disk. */
  kept: number;
  /** Messages that went on to their streams. */
  drained: number;
  /** Messages that were refused for want of room. */
  refused: number;
  /** Damaged records, and messages that no stream will ever take: their segment is moved to `set-aside/` instead of being deleted. */
  setAside: number;
  /** Why the last one was refused; absent since one was accepted. */
  problem?: string;
}

/**
 * Where stored messages leave from. While the server is there they go straight to their streams and nothing is written here; while it is away
 * they wait on disk, in order per subject, over restarts of the process and of the server.
 */
export abstract class Outbox {
  /**
   * Resolves when the stream or the disk has the message.
   * @param options.minor it may be missed: it is refused when half of the room is taken
   * @throws {ResourceExhausted} the outbox or its disk is full: nothing was kept, try again later; {PayloadTooLarge}; {Forbidden};
   * {Unavailable} there is no outbox, or it is closed, and the server is away
   */
  abstract publish(message: StoredMessage, options?: { minor?: boolean }): Promise<Accepted>;
  /** Whether a message of that id waits here. */
  abstract holds(messageId: string): boolean;
  /** Absent where there is none. */
  abstract readonly status: OutboxStatus | undefined;
  /** Ends what is in hand. What waits goes on at the next start. */
  abstract close(): Promise<void>;
}
