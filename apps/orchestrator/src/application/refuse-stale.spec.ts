import { type CloudEvent, cloudEvent } from '@aet/contracts';
import type { CellCopies, CopiedFacts } from '@aet/messaging';
import type { AdoptionRecord } from '@aet/persistence';
import { expect, it } from 'vitest';
import { RefuseStale } from './refuse-stale.js';

const [OURS, THEIRS, LOST] = ['run-ours', 'run-theirs', 'run-lost'];

const fact = (subject: string, sequence: number, type: string, data: unknown = {}): CloudEvent => ({
  ...cloudEvent({
    id: `${subject}:${sequence}`,
    namespace: 'default',
    cell: 'a',
    service: 'orchestrator',
    type,
    subject,
    time: new Date(0),
    correlationId: 'c',
    data,
  }),
  hash: 'h',
});

/** What the other cell told, and what was done about it. */
class World {
  readonly done: string[] = [];
  seen = 0;
  told: CopiedFacts[] = [];
  private readonly copies = {
    state: () => Promise.resolve({ last: this.told.at(-1)?.sequence ?? 0 }),
    runFacts: (_cell: string, { after = 0 }) => this.told.filter(({ sequence }) => sequence > after),
  } as unknown as CellCopies;
  private readonly record = {
    seen: () => Promise.resolve(this.seen),
    noteSeen: (_cell: string, sequence: number) => Promise.resolve(void (this.seen = sequence)),
    adoptedHere: () => Promise.resolve(new Map([[OURS, 5]])),
    refuse: (runId: string, sequence: number) => this.note(`refuse ${runId} ${sequence}`),
    cede: ({ runId, sequence }: { runId: string; sequence: number }) => {
      this.done.push(`cede ${runId} ${sequence}`);
      return Promise.resolve(runId === LOST ? { runId, divergent: 0, tasks: [] } : undefined);
    },
    unknownAmong: (all: unknown) => Promise.resolve(all),
  } as unknown as AdoptionRecord;
  readonly stale = new RefuseStale(
    {
      copies: this.copies,
      record: this.record,
      figures: {
        adopted: () => undefined,
        ceded: (to) => void this.done.push(`ceded to ${to}`),
        stale: (from) => void this.done.push(`stale from ${from}`),
        copies: () => undefined,
        conflicts: () => undefined,
      },
      work: { stop: (runId) => this.note(`stop ${runId}`) },
      ownerChanged: () => undefined,
    },
    'b',
  );

  private note(what: string): Promise<void> {
    this.done.push(what);
    return Promise.resolve();
  }
}

it('refuses and counts what the former owner told behind the place where its run was taken over', async () => {
  const world = new World();
  world.told = [
    { sequence: 1, facts: [fact(OURS, 4, 'attempt.completed'), fact(OURS, 5, 'attempt.completed')] },
    { sequence: 2, facts: [fact(THEIRS, 9, 'attempt.completed'), fact(OURS, 6, 'run.completed')] },
  ];
  expect(await world.stale.look('a')).toBe(0);
  expect(world.done).toEqual([`refuse ${OURS} 5`, 'stale from a', `refuse ${OURS} 6`, 'stale from a']);
  expect(world.seen).toBe(2);
  await world.stale.look('a');
  expect(world.done).toHaveLength(4);
});

it('closes a run that the other cell adopted, and stops what is done for it; what it adopted back changes nothing', async () => {
  const world = new World();
  world.told = [
    { sequence: 7, facts: [fact(LOST, 3, 'run.adopted', { cell: 'a', from: 'b', epoch: 2 })] },
    { sequence: 8, facts: [fact(OURS, 5, 'run.adopted', { cell: 'b', from: 'a', epoch: 2 })] },
  ];
  expect(await world.stale.look('a')).toBe(1);
  expect(world.done).toEqual([`cede ${LOST} 3`, 'ceded to a', `stop ${LOST}`]);
});

it('begins again with a copy that was made anew', async () => {
  const world = new World();
  world.seen = 100;
  world.told = [{ sequence: 2, facts: [fact(OURS, 7, 'run.completed')] }];
  await world.stale.look('a');
  expect(world.done).toEqual([`refuse ${OURS} 7`, 'stale from a']);
  expect(world.seen).toBe(2);
});
