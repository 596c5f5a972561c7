import type { PayloadRef } from '@aet/contracts';

export interface FoundRef {
  /** Where it stands, such as `files.0.text`; empty: the value itself. */
  path: string;
  sha256: string;
  bytes: number;
}
/** So many are listed; a value with more of them names the first. */
const LISTED = 20;
/** Values are looked into so deep. */
const DEEPEST = 12;

/** Parts of a value that are too large to stand in a run's log and lie in the object store. */
export function payloadRefs(value: unknown): FoundRef[] {
  const found: FoundRef[] = [];
  const look = (part: unknown, path: string, depth: number): void => {
    if (typeof part !== 'object' || part === null || found.length >= LISTED || depth > DEEPEST) return;
    const ref = refIn(part);
    if (ref !== undefined) found.push({ path, sha256: ref.sha256, bytes: ref.bytes });
    else for (const [key, inner] of Object.entries(part)) look(inner, path === '' ? key : `${path}.${key}`, depth + 1);
  };
  look(value, '', 0);
  return found;
}

/** As `isPayloadRef` of the contracts, from which this page takes types alone. */
function refIn(part: object): PayloadRef['$payload'] | undefined {
  const { $payload: ref } = part as Partial<PayloadRef>;
  return Object.keys(part).length === 1 && typeof ref?.sha256 === 'string' && typeof ref.bytes === 'number' ? ref : undefined;
}
