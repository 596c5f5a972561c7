import { RunEventType, type StoredRunEvent } from '@aet/contracts';
import { describe, expect, it } from 'vitest';
import { honestEvidence } from './honest-evidence.ts';
import { type Evidence, judge, type Logged } from './ledger.ts';
import { KINDS } from './fault.ts';
import { planOf } from './plan.ts';

const SEEDS = Array.from({ length: 20 }, (_, index) => index);
/** A seed whose plan has every kind of work. */
const SEED = SEEDS.find((seed) => {
  const { submissions } = honestEvidence(seed);
  const tasks = submissions.flatMap((submission) => submission.tasks);
  return (
    submissions.some((submission) => submission.expect === 'no-agent') &&
    submissions.some((submission) => submission.expect === 'failed') &&
    tasks.some(({ after }) => after.length > 0)
  );
}) as number;

const rules = (evidence: Evidence): string[] => [...new Set(judge(evidence).map(({ rule }) => rule))];

/** The honest evidence with something wrong in it. */
const altered = (change: (evidence: Evidence) => Partial<Evidence>): Evidence => {
  const honest = honestEvidence(SEED);
  return { ...honest, ...change(honest) };
};

/** The same runs, but for the first that has such an event. */
function withEvents(
  runs: readonly Logged[],
  type: StoredRunEvent['type'],
  change: (events: readonly StoredRunEvent[], at: number) => StoredRunEvent[],
): Logged[] {
  const target = runs.findIndex(({ events }) => events.some((event) => event.type === type));
  return runs.map((run, index) => {
    const at = run.events.findIndex((event) => event.type === type);
    return index === target ? { ...run, events: change(run.events, at) } : run;
  });
}

const without = (events: readonly StoredRunEvent[], at: number): StoredRunEvent[] => events.filter((_, index) => index !== at);
const twice = (events: readonly StoredRunEvent[], at: number): StoredRunEvent[] => [
  ...events.slice(0, at + 1),
  ...events.slice(at),
];

describe('the ledger', () => {
  it('believes what a fleet without a fault leaves behind', () => {
    for (const seed of SEEDS) expect(judge(honestEvidence(seed)), `seed ${seed}`).toEqual([]);
  });

  it('gives the same plan for the same kind and seed, and another for another seed', () => {
    for (const kind of KINDS) expect(planOf(kind, 7, 'r1', 30)).toEqual(planOf(kind, 7, 'r1', 30));
    expect(planOf('mixed', 7, 'r1', 30)).not.toEqual(planOf('mixed', 8, 'r1', 30));
  });

  it.each<[string, string, (evidence: Evidence) => Partial<Evidence>]>([
    [
      'an acknowledged submit that is not in the log',
      'an acknowledged submit is in the log',
      ({ runs }) => ({ runs: runs.slice(1) }),
    ],
    ['a submit that made two runs', 'a submit makes one run', ({ runs }) => ({ runs: [...runs, ...runs.slice(0, 1)] })],
    [
      'a run that nobody submitted',
      'a run has a submit',
      ({ runs }) => ({ runs: runs.map((run, index) => (index === 0 ? { ...run, key: 'r0/999' } : run)) }),
    ],
    ['a submit without an answer', 'every submit is answered in the end', ({ receipts }) => ({ receipts: receipts.slice(1) })],
    [
      'a good submit that was refused',
      'a good submit is not refused',
      ({ receipts }) => ({
        receipts: receipts.map(({ id }, index) =>
          index === 0 ? { id, kind: 'refused', code: 'INTERNAL' } : receipts[index],
        ) as Evidence['receipts'],
      }),
    ],
    [
      'a task that never ran',
      'an acknowledged task runs',
      ({ notes }) => ({ notes: notes.filter(({ key }) => key !== notes[0]?.key) }),
    ],
    ['a task without its effect', 'a task takes effect once', ({ effects }) => ({ effects: effects.slice(1) })],
    ['a doubled effect', 'a task takes effect once', ({ effects }) => ({ effects: [...effects, ...effects.slice(0, 1)] })],
    [
      'a lost result',
      'a task has one result',
      ({ runs }) => ({ runs: withEvents(runs, RunEventType.AttemptCompleted, without) }),
    ],
    [
      'a doubled result',
      'a task has one result',
      ({ runs }) => ({ runs: withEvents(runs, RunEventType.AttemptCompleted, twice) }),
    ],
    [
      'an attempt that ended twice',
      'an attempt ends once, after it was scheduled',
      ({ runs }) => ({ runs: withEvents(runs, RunEventType.AttemptFailed, twice) }),
    ],
    [
      'an attempt that was scheduled twice',
      'an attempt is scheduled once',
      ({ runs }) => ({ runs: withEvents(runs, RunEventType.AttemptScheduled, twice) }),
    ],
    ['a run without an end', 'a run ends', ({ runs }) => ({ runs: withEvents(runs, RunEventType.Completed, without) })],
    [
      'a run with two ends',
      'a run ends once, with its last event',
      ({ runs }) => ({ runs: withEvents(runs, RunEventType.Completed, twice) }),
    ],
    [
      'a failed run of good tasks',
      'a run ends as its tasks do',
      ({ runs }) => ({
        runs: withEvents(runs, RunEventType.Completed, (events, at) =>
          events.map((event, index) => (index === at ? ({ ...event, type: RunEventType.Failed } as StoredRunEvent) : event)),
        ),
      }),
    ],
    [
      'a failed run without the history of an attempt',
      'a failed task has the history of its attempts',
      ({ runs, submissions }) => ({
        runs: runs.map((run) =>
          submissions.find(({ id }) => id === run.key)?.expect === 'failed'
            ? { ...run, events: run.events.filter(({ type, data }) => type !== RunEventType.AttemptFailed || data.attempt === 1) }
            : run,
        ),
      }),
    ],
    [
      'a result that no execution gave',
      'a result is of an execution',
      ({ notes }) => ({ notes: notes.filter(({ phase }) => phase !== 'end') }),
    ],
    [
      'a step that began before what it needs',
      'a task begins after those that it needs',
      ({ notes }) => ({ notes: notes.toReversed() }),
    ],
    [
      'a task that overtook one of its key',
      'tasks of one key run one after the other, in order',
      ({ notes, submissions }) => {
        const overtaken = submissions.flatMap(({ tasks }) => tasks).find(({ follows }) => follows !== undefined)?.follows;
        return { notes: [...notes.filter(({ key }) => key !== overtaken), ...notes.filter(({ key }) => key === overtaken)] };
      },
    ],
    [
      'a second execution where there was no fault',
      'without a fault nothing runs twice',
      ({ notes }) => ({ notes: [...notes, { phase: 'begin', key: notes[0]?.key ?? '', execution: 9 }] }),
    ],
    [
      'work that nobody asked for',
      'only submitted tasks run',
      ({ notes }) => ({ notes: [...notes, { phase: 'begin', key: 'r0/999.a', execution: 1 }] }),
    ],
    ['an effect out of nothing', 'an effect has an execution', ({ effects }) => ({ effects: [...effects, 'r0/999.a'] })],
    ['a lost dead letter', 'a failed task is in the dead letters, once', () => ({ deadLetters: [] })],
    [
      'a doubled dead letter',
      'a failed task is in the dead letters, once',
      ({ deadLetters }) => ({ deadLetters: [...deadLetters, ...deadLetters] }),
    ],
    [
      'a dead letter without its history',
      'a dead letter has the history of its attempts',
      ({ deadLetters }) => ({ deadLetters: deadLetters.map(({ history: _lost, ...letter }) => letter) }),
    ],
    [
      'a broken chain',
      'the hash chain holds',
      ({ runs }) => ({ broken: [{ runId: runs[0]?.runId ?? '', message: 'event 2 is not what was written' }] }),
    ],
    ['a message that nobody will get', 'no message is stranded in a queue', () => ({ stranded: { TASKS: 0, RESULTS: 1 } })],
    ['a message that was left behind', 'nothing is left to be done', () => ({ left: { TASKS: 1, RESULTS: 0 } })],
  ])('finds %s', (_what, rule, change) => {
    expect(rules(altered(change))).toContain(rule);
  });

  it('allows a second execution where there was a fault', () => {
    const { notes } = honestEvidence(SEED);
    const again = notes.filter(({ key }) => key === notes[0]?.key).map((note) => ({ ...note, execution: 9 }));
    expect(judge(altered(() => ({ calm: false, notes: [...notes, ...again] })))).toEqual([]);
  });
});
