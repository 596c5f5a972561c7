import type { Usage } from '@aet/contracts';

/** A request as the provider's interface for single requests takes it, under an id that is unique in its batch. */
export interface BatchRequest {
  id: string;
  request: object;
}

export type BatchStatus = 'running' | 'ended' | 'gone';

/** What a batch gave for one request. */
export type BatchedResult = { id: string } & (
  { kind: 'succeeded'; output: unknown; usage: Usage } | { kind: 'errored' | 'expired' | 'canceled'; message: string }
);

/** The batch was not taken. `never`: it will not be; `later`: try again; `unknown`: nobody knows whether it was taken. */
export class BatchNotTaken extends Error {
  constructor(
    message: string,
    readonly verdict: 'never' | 'later' | 'unknown',
    readonly retryAfterMs?: number,
  ) {
    super(message);
  }
}

/** A model's provider that does many requests together, later, at a lower price. Every method throws what the connection throws, but for `submit`. */
export interface BatchProvider {
  readonly name: string;
  /** Share of the price of single requests. */
  readonly priceFactor: number;
  /** @throws {BatchNotTaken} */
  submit(requests: readonly BatchRequest[], signal: AbortSignal): Promise<string>;
  /** Batches of so many requests that were made at a time or later. @param since unix milliseconds */
  find(since: number, requests: number, signal: AbortSignal): Promise<string[]>;
  status(batch: string, signal: AbortSignal): Promise<BatchStatus>;
  /** In any order; of an ended batch. */
  results(batch: string, signal: AbortSignal): AsyncIterable<BatchedResult>;
  /** What runs may still end with a result. */
  cancel(batch: string, signal: AbortSignal): Promise<void>;
}
