/** What a decision rests on beside the state and the command. */
export interface Circumstances {
  now: Date;
  /** In `[0, 1)`. */
  random: () => number;
  /** Values of the object store that are at hand, by their SHA-256. */
  payloads?: ReadonlyMap<string, unknown>;
}
