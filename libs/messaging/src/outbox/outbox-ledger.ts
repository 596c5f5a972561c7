/** A message that waits: where it lies, and what decides its turn. */
export interface Waiting {
  segment: number;
  offset: number;
  length: number;
  subject: string;
  messageId: string;
  /** When it was accepted. Unix milliseconds. */
  at: number;
}

/** The messages of one subject, the oldest first. At most one of them is in hand. */
interface Lane {
  queue: Waiting[];
  /** Index of the oldest in `queue`: taking it off the front of a long array would copy the rest. */
  head: number;
  /** Failures in a row of the oldest. */
  failures: number;
}

/** Longer queues are cut when so much of them is spent. */
const SPENT = 1_024;

/**
 * What waits, whose turn it is, and which segments nobody needs any more. Knows no file and no clock.
 * Each subject is a lane: its messages go one after the other, so that order holds when one fails; lanes go beside each other, and a lane
 * that fails rests without holding up the others.
 */
export class OutboxLedger {
  private readonly lanes = new Map<string, Lane>();
  private readonly ready = new Set<string>();
  private readonly resting = new Map<string, number>();
  /** No resting lane may go on before. */
  private earliest = Infinity;
  private readonly ids = new Map<string, number>();
  private readonly inSegment = new Map<number, number>();
  private total = 0;

  /** Messages that wait or are in hand. */
  get records(): number {
    return this.total;
  }
  holds(messageId: string): boolean {
    return this.ids.has(messageId);
  }
  waitsFor(subject: string): boolean {
    return this.lanes.has(subject);
  }
  /** Whether a message of that segment waits. */
  needs(segment: number): boolean {
    return this.inSegment.has(segment);
  }
  oldestAt(): number | undefined {
    let oldest: number | undefined;
    for (const { queue, head } of this.lanes.values()) oldest = Math.min(oldest ?? Infinity, queue[head]?.at ?? Infinity);
    return oldest;
  }

  add(waiting: Waiting): void {
    const lane = this.lanes.get(waiting.subject);
    if (lane === undefined) {
      this.lanes.set(waiting.subject, { queue: [waiting], head: 0, failures: 0 });
      this.ready.add(waiting.subject);
    } else {
      lane.queue.push(waiting);
    }
    count(this.ids, waiting.messageId, 1);
    count(this.inSegment, waiting.segment, 1);
    this.total += 1;
  }

  /** The next whose turn it is, into the caller's hand; nothing when all lanes are in hand or rest. */
  take(now: number): Waiting | undefined {
    if (now >= this.earliest) this.wakeUntil(now);
    const [subject] = this.ready;
    if (subject === undefined) return undefined;
    this.ready.delete(subject);
    const lane = this.lanes.get(subject);
    return lane?.queue[lane.head];
  }

  /** When the first resting lane may go on; `Infinity` when none rests. */
  get nextTurnAt(): number {
    return this.earliest;
  }

  /** A stream has it, or none ever will: the lane goes on behind it. */
  finished(waiting: Waiting): void {
    const lane = this.laneOf(waiting);
    lane.head += 1;
    lane.failures = 0;
    if (lane.head === lane.queue.length) this.lanes.delete(waiting.subject);
    else this.ready.add(waiting.subject);
    if (lane.head === SPENT) {
      lane.queue.splice(0, SPENT);
      lane.head = 0;
    }
    count(this.ids, waiting.messageId, -1);
    count(this.inSegment, waiting.segment, -1);
    this.total -= 1;
  }

  /** Back to the front of its lane, which rests until then. */
  failed(waiting: Waiting, until: (failures: number) => number): void {
    const lane = this.laneOf(waiting);
    lane.failures += 1;
    const at = until(lane.failures);
    this.resting.set(waiting.subject, at);
    this.earliest = Math.min(this.earliest, at);
  }

  /** The server is back: nobody rests any more. */
  wakeAll(): void {
    this.wakeUntil(Infinity);
  }

  private wakeUntil(now: number): void {
    this.earliest = Infinity;
    for (const [subject, until] of this.resting) {
      if (until > now) {
        this.earliest = Math.min(this.earliest, until);
        continue;
      }
      this.resting.delete(subject);
      this.ready.add(subject);
    }
  }

  private laneOf({ subject }: Waiting): Lane {
    const lane = this.lanes.get(subject);
    if (lane === undefined) throw new Error(`nothing of ${subject} is in hand`);
    return lane;
  }
}

function count<K>(counts: Map<K, number>, key: K, by: number): void {
  const value = (counts.get(key) ?? 0) + by;
  if (value === 0) counts.delete(key);
  else counts.set(key, value);
}
