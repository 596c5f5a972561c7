import type { CloudEvent } from '@aet/contracts';

/** A message of the event stream with facts of one run. */
export interface StoredFacts {
  /** Of the message in the stream. */
  streamSequence: number;
  /** Unix milliseconds: when the stream got it. */
  storedAt: number;
  /** Empty: what the message holds is not what a relay writes. */
  facts: CloudEvent[];
  /** Of the run, from the message's subject. */
  runId: string;
}

/** What the cell's event stream has of its runs, to be compared with the log. */
export abstract class FactCopy {
  /** All that is stored, oldest first, to the end as it is on arrival there. @param runId only of that run */
  abstract facts(runId?: string): AsyncIterable<StoredFacts>;
}
