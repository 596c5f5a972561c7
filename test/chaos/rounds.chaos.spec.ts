import { afterAll, beforeAll, expect, it } from 'vitest';
import { Witness } from './evidence.ts';
import { ackWaitOf } from './fault.ts';
import { planOf } from './plan.ts';
import { playRound } from './round.ts';
import { World } from './world.ts';

/** Small, so that all of them fit into every run of the tests; `npm run chaos` plays more and larger ones. */
const SUBMISSIONS = 12;
/** The first has a task that no host can do, which takes the longest to become certain. */
const ROUNDS: readonly [kind: string, seed: number][] = [
  ['kill-nats', 1],
  ['kill-postgres', 2],
  ['kill-producer', 1],
  ['kill-orchestrator', 1],
  ['kill-worker', 3],
  ['pause-worker', 2],
  ['cut-nats', 2],
];

let world: World;
let witness: Witness;

beforeAll(async () => {
  world = await World.start(ackWaitOf('mixed'));
  witness = await Witness.of(world);
});

afterAll(async () => {
  await witness?.[Symbol.asyncDispose]();
  await world?.[Symbol.asyncDispose]();
});

it.each(ROUNDS)('keeps its promises under %s (seed %i)', async (kind, seed) => {
  const { breaches, evidence } = await playRound(world, witness, planOf(kind, seed, `${kind}-${seed}`, SUBMISSIONS));
  expect(breaches, `logs: ${world.dir}`).toEqual([]);
  expect(evidence.receipts).toHaveLength(SUBMISSIONS);
});
