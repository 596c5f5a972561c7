import { type Fault, faultsOf, WINDOW_MS } from './fault.ts';
import { SeededRandom } from './random.ts';
import { type Submission, workload } from './workload.ts';

/** All that is decided about a round before it begins. The same kind, seed and size give the same plan. */
export interface Plan {
  kind: string;
  seed: number;
  /** Name of the round: in every id of its work. */
  round: string;
  submissions: Submission[];
  faults: Fault[];
}

/** @param round a name that no other round of the same world has */
export function planOf(kind: string, seed: number, round: string, submissions: number): Plan {
  const random = new SeededRandom(seed ^ numberOf(kind));
  const faults = faultsOf(kind, random);
  return { kind, seed, round, faults, submissions: workload(round, submissions, WINDOW_MS, random) };
}

/** So that the same seed is not the same work under every kind of fault. FNV-1a, 32 bits. */
function numberOf(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(text)) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash;
}
