import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Witness } from './evidence.ts';
import { Injector } from './inject.ts';
import { Journal } from './journal.ts';
import { type Breach, type Evidence, judge } from './ledger.ts';
import type { Plan } from './plan.ts';
import type { Assignment } from './producer.ts';
import type { Submission } from './workload.ts';
import type { World } from './world.ts';

/** What a round showed. */
export interface RoundReport {
  breaches: Breach[];
  evidence: Evidence;
  /** How many were injected. */
  faults: number;
  /** From the first submit until all had ended. Milliseconds. */
  tookMs: number;
}

/** Longest wait until all has ended after the last fault was undone. A machine that is busy takes its time. Milliseconds. */
const SETTLE_MS = 120_000;
const POLL_MS = 200;

/** One round: work flows in, faults come and go, everything ends, and the ledger is drawn up. */
export async function playRound(world: World, witness: Witness, plan: Plan): Promise<RoundReport> {
  const folder = world.notes(plan.round);
  for (const name of ['tries', 'effects']) mkdirSync(join(folder, name), { recursive: true });
  writeFileSync(join(folder, 'executions'), '');
  const began = performance.now();
  const begunAt = new Date();
  const production = produce(world, plan, folder);
  const injector = new Injector(world);
  const struck = await Promise.allSettled(plan.faults.map((fault) => injector.inject(fault)));
  const late = await settled(production.done, witness);
  production.forget();
  // A full disk of the server is an operator's case, who starts the fleet again.
  if (plan.faults.some(({ action, target }) => action === 'fill' && target === 'nats')) await world.provision();
  const evidence = await witness.evidence(plan, production.journals, begunAt);
  const breaches = [
    ...struck.flatMap((fault) =>
      fault.status === 'rejected' ? [{ rule: 'what was struck comes back', about: plan.round, says: String(fault.reason) }] : [],
    ),
    ...(late ? [{ rule: `all ends within ${SETTLE_MS} ms of the last fault`, about: plan.round, says: 'it did not' }] : []),
    ...judge(evidence),
  ];
  if (breaches.length === 0) rmSync(folder, { recursive: true, force: true });
  return { breaches, evidence, faults: plan.faults.length, tookMs: Math.round(performance.now() - began) };
}

/** The work of one key is one producer's. */
const shareOf = ({ orderKey }: Submission, index: number, producers: number): number =>
  (orderKey === undefined ? index : Number(orderKey.at(-1))) % producers;

interface Production {
  journals: Journal[];
  /** Whether every producer has an answer to all its submits. */
  done: () => boolean;
  forget: () => void;
}

/** Shares the submissions among the producers. One that was started again gets its share again. */
function produce(world: World, plan: Plan, folder: string): Production {
  const { producer: producers } = world.programs;
  const beginAt = Date.now();
  const finished = new Set<unknown>();
  const assignments = new Map(
    producers.map((producer, share) => {
      const [submissions, journal] = ['submissions', 'journal'].map((name) => join(folder, `${name}-${share}.json`)) as [
        string,
        string,
      ];
      const mine = plan.submissions.filter((submission, index) => shareOf(submission, index, producers.length) === share);
      writeFileSync(submissions, JSON.stringify(mine));
      return [producer, { round: plan.round, submissions, journal, beginAt } satisfies Assignment];
    }),
  );
  world.producerListener = (producer, message) => {
    const { kind, round } = message as { kind: string; round?: string };
    if (kind === 'ready') producer.send(assignments.get(producer) ?? {});
    else if (kind === 'done' && round === plan.round) finished.add(producer);
  };
  for (const [producer, assignment] of assignments) producer.send(assignment);
  return {
    journals: [...assignments.values()].map(({ journal }) => new Journal(journal)),
    done: () => finished.size === producers.length,
    forget: () => {
      world.producerListener = () => undefined;
    },
  };
}

/** @returns whether it took too long */
async function settled(produced: () => boolean, witness: Witness): Promise<boolean> {
  for (const end = performance.now() + SETTLE_MS; performance.now() < end; await sleep(POLL_MS)) {
    if (produced() && (await witness.isQuiet().catch(() => false))) return false;
  }
  return true;
}
