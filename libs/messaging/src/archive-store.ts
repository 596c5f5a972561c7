/** Where segments of archived runs are kept, by name. A segment is written once and never changed. */
export abstract class ArchiveStore {
  /** Resolves when all of it is stored. */
  abstract put(name: string, content: Uint8Array): Promise<void>;
  /** Undefined: there is none of that name. @throws {InternalError} what is stored is not what was written */
  abstract get(name: string): Promise<Uint8Array | undefined>;
  /** No matter whether it was there. */
  abstract remove(name: string): Promise<void>;
  abstract names(): Promise<string[]>;
}
