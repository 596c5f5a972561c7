import type { Bucket } from '@aet/contracts';

export interface KeyValueEntry<T> {
  key: string;
  value: T;
  /** Grows with every write to the bucket, over all keys: a fencing token. */
  revision: number;
  /** The server's time of the write, in whole unix milliseconds. */
  writtenAt: number;
}

export type KeyValueChange<T> = { kind: 'put'; entry: KeyValueEntry<T> } | { kind: 'deleted'; key: string; revision: number };

/**
 * JSON values under keys, each write conditional on what its writer has seen. A write that is answered with `Unavailable` may have been done:
 * read before trying again. Keys: letters, digits and `- _ = / .`.
 */
export abstract class KeyValueStore<T> {
  /** @param revision the value that this write gave it, as far as the bucket keeps history; absent: the present one */
  abstract get(key: string, revision?: number): Promise<KeyValueEntry<T> | undefined>;
  /** Returns the revision. @throws {Conflict} when the key has a value. */
  abstract create(key: string, value: T): Promise<number>;
  /** Returns the new revision. @throws {Conflict} when the key is no longer at `revision`. */
  abstract update(key: string, value: T, revision: number): Promise<number>;
  /** @throws {Conflict} when the key is no longer at `revision`. */
  abstract delete(key: string, revision: number): Promise<void>;
  abstract list(): Promise<KeyValueEntry<T>[]>;
  /** Calls back with every entry that there is, then with every change, in order. After a cut it begins behind the last one told. */
  abstract watch(onChange: (change: KeyValueChange<T>) => void): Promise<AsyncDisposable>;
}

/** The buckets of this cell. They are made by the provisioner; a missing one is `NotFound` at the first use. */
export abstract class KeyValueStores {
  abstract open<T>(bucket: Bucket): KeyValueStore<T>;
}
