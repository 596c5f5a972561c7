import { attemptId, type RunEvent, RunStatus, type WorkflowDocument } from '@aet/contracts';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { BY, boom, RUN, RunSimulator, workflow } from '../testing/run-simulator.js';
import { foldAll } from './run.fold.js';

const documents: fc.Arbitrary<WorkflowDocument> = fc
  .array(
    fc.record({
      needsAll: fc.boolean(),
      map: fc.boolean(),
      continueOnError: fc.boolean(),
      attempts: fc.integer({ min: 1, max: 2 }),
      concurrency: fc.integer({ min: 1, max: 3 }),
    }),
    { minLength: 1, maxLength: 4 },
  )
  .map((steps) => {
    const named = steps.map(({ needsAll, map, concurrency, attempts, continueOnError }, n) => [
      `s${n}`,
      {
        task: 'work',
        needs: needsAll ? steps.slice(0, n).map((_, before) => `s${before}`) : [],
        continueOnError,
        retry: { attempts },
        ...(map ? { map: { over: 'inputs.list', concurrency } } : {}),
      },
    ]);
    return workflow(Object.fromEntries(named), { inputs: { list: { type: 'array' } } });
  });
const moves = fc.infiniteStream(fc.tuple(fc.nat(), fc.boolean()));

function end(run: RunSimulator, open: string, isDone: boolean): void {
  const [, step = '', item, attempt = '1'] = /^(\w+)(?:#(\d+))?:(\d+)$/.exec(open) ?? [];
  const at = { ...(item === undefined ? {} : { item: Number(item) }), attempt: Number(attempt) };
  if (isDone) run.complete(step, { by: open }, at);
  else run.fail(step, boom(), at);
}

/** Results in any order until the run ends. */
function play(run: RunSimulator, how: Iterable<readonly [number, boolean]>): void {
  for (const [pick, isDone] of how) {
    const { open } = run;
    if (run.state.status !== RunStatus.Running) return;
    end(run, open[pick % open.length] ?? '', isDone);
  }
}

const scheduledIds = (events: readonly RunEvent[]): string[] =>
  events.flatMap((event) => (event.type === 'attempt.scheduled' ? [attemptId({ runId: RUN, ...event.data })] : []));

it('a failed run that is taken up again never repeats an attempt or a finished task, and can always be completed', () => {
  fc.assert(
    fc.property(
      documents,
      fc.array(fc.integer(), { maxLength: 4 }),
      fc.array(moves, { minLength: 3, maxLength: 3 }),
      (document, list, rounds) => {
        const run = new RunSimulator(document, { list });
        for (const round of rounds) {
          play(run, round);
          const before = run.state;
          run.send({ kind: 'redrive', by: BY.agent });
          expect(before.status === RunStatus.Failed ? run.state.sequence > before.sequence : run.state.sequence).toBe(
            before.status === RunStatus.Failed ? true : before.sequence,
          );
        }
        play(
          run,
          Array.from({ length: 1_000 }, (_, pick) => [pick, true] as const),
        );
        expect(run.state.status).toBe(RunStatus.Completed);

        const scheduled = scheduledIds(run.log);
        expect(new Set(scheduled).size).toBe(scheduled.length);
        const completed = run.log.flatMap((event) =>
          event.type === 'attempt.completed' ? [`${event.data.step}#${event.data.item ?? ''}`] : [],
        );
        expect(new Set(completed).size).toBe(completed.length);
        // Folded from anywhere in between, it is the same state.
        const middle = Math.floor(run.log.length / 2);
        expect(foldAll(foldAll(undefined, run.log.slice(0, middle)), run.log.slice(middle))).toEqual(run.state);
      },
    ),
    { numRuns: 150 },
  );
});
