/** A value under a lease, as others see it. */
export interface LeaseEntry<T> {
  key: string;
  value: T;
  /** Fencing token: grows with every write to the bucket. */
  revision: number;
}

/**
 * A claim on a key that ends by itself when its holder stops renewing. One holder at a time.
 * The holder stops trusting it at `ttl − 1 s` on the monotonic clock, before anyone else can have it: `lost` is aborted then,
 * and `token` guards the holder's writes elsewhere. A paused process finds itself aborted when it wakes.
 */
export interface Lease<T> extends AsyncDisposable {
  readonly key: string;
  /** Fencing token of the latest renewal. @throws {LeaseLost} */
  readonly token: number;
  readonly lost: AbortSignal;
  /** Replaces the value, at once. @throws {LeaseLost} */
  update(value: T): Promise<void>;
  /** Ends the claim now; others see it within 250 ms. */
  release(): Promise<void>;
}

export interface LeaseOptions {
  ttlMs: number;
  renewMs: number;
}

export abstract class Leases<T> {
  /** @throws {Conflict} when another holds it. `value` is asked for at every renewal. */
  abstract acquire(key: string, value: () => T, options: LeaseOptions): Promise<Lease<T>>;
  abstract list(): Promise<LeaseEntry<T>[]>;
  /**
   * Calls back with the present entries, then with every change. The server tells nobody of an expiry,
   * so the watcher also sweeps: a holder that died is reported as gone within `ttlMs` + 1 s.
   */
  abstract watch(onChange: (change: LeaseChange<T>) => void): Promise<AsyncDisposable>;
}

export type LeaseChange<T> = { kind: 'put'; entry: LeaseEntry<T> } | { kind: 'gone'; key: string; expired: boolean };
