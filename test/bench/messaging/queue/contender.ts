/** A work queue under measurement. All contenders get the same payload, the same number of tasks at once, and keep each result. */
export interface QueueContender extends AsyncDisposable {
  /** With its version. */
  readonly name: string;
  /** Puts tasks into the queue, so many at a time without an answer. */
  add(count: number, inFlight: number): Promise<void>;
  /** The same by the contender's own call for many at once, where it has one. */
  addBulk?(count: number): Promise<void>;
  addOne(urgent: boolean): Promise<void>;
  /** Works on what is there and what comes. `work` is told which task began: those of `addOne` by their number, others -1. */
  start(slots: number, work: (number: number) => Promise<void> | void): Promise<Working>;
}

export interface Working {
  /** Ends without waiting for what is not begun. */
  stop(): Promise<void>;
}

/** 220 bytes as JSON. */
export interface JobInput {
  number: number;
  text: string;
}

const BYTES = 220;

export function jobInput(number: number): JobInput {
  const bare = JSON.stringify({ number, text: '' }).length;
  return { number, text: 'x'.repeat(BYTES - bare) };
}

/** Does `one` for each, so many at a time. */
export async function inFlight(count: number, atOnce: number, one: () => Promise<unknown>): Promise<void> {
  let left = count;
  const lane = async (): Promise<void> => {
    while (left-- > 0) await one();
  };
  await Promise.all(Array.from({ length: atOnce }, lane));
}
