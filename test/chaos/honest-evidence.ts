import { type DeadLetter, RunEventType, type StoredRunEvent } from '@aet/contracts';
import type { Evidence, Logged, Note } from './ledger.ts';
import { planOf } from './plan.ts';
import { DOOMED_ATTEMPTS, type ExpectedTask, type Submission } from './workload.ts';

/** What a fleet without a fault would leave behind of a plan: for tests of the ledger, which must believe it, and no altered copy of it. */
export function honestEvidence(seed: number): Evidence {
  const { submissions } = planOf('calm', seed, 'r0', 20);
  const withRun = submissions.filter(({ document }) => document !== undefined);
  return {
    calm: true,
    submissions,
    receipts: submissions.map(({ id, document }) =>
      document === undefined ? { id, kind: 'stored' } : { id, kind: 'accepted', runId: runIdOf(id) },
    ),
    notes: withRun.flatMap(({ tasks }) => tasks.flatMap(notesOf)),
    effects: withRun.filter(({ expect }) => expect === 'completed').flatMap(({ tasks }) => tasks.map(({ key }) => key)),
    runs: withRun.map(runOf),
    broken: [],
    deadLetters: submissions.filter(({ expect }) => expect !== 'completed').map(letterOf),
    left: { TASKS: 0, RESULTS: 0 },
    stranded: { TASKS: 0, RESULTS: 0 },
  };
}

const runIdOf = (id: string): string => `run of ${id}`;

/** A doomed task fails as often as it is tried. */
const failuresOf = ({ failures }: ExpectedTask): number => Math.min(failures, DOOMED_ATTEMPTS);
const succeeds = (task: ExpectedTask): boolean => failuresOf(task) === task.failures;

function notesOf(task: ExpectedTask): Note[] {
  const failed = Array.from({ length: failuresOf(task) }, (_, index) => notePair(task.key, index + 1, 'fail')).flat();
  return succeeds(task) ? [...failed, ...notePair(task.key, task.failures + 1, 'end')] : failed;
}

const notePair = (key: string, execution: number, phase: 'fail' | 'end'): Note[] => [
  { phase: 'begin', key, execution },
  { phase, key, execution },
];

function runOf({ id, expect, tasks }: Submission): Logged {
  const attempts =
    tasks.length > 0 ? tasks.flatMap(attemptsOf) : attemptsOf({ key: id, step: 'a', failures: 1_000, after: [] }).slice(0, 2);
  const end =
    expect === 'completed' ? { type: RunEventType.Completed, data: { output: null } } : { type: RunEventType.Failed, data: {} };
  const events = [{ type: RunEventType.Submitted, data: { idempotencyKey: id } }, ...attempts, end];
  return {
    runId: runIdOf(id),
    key: id,
    events: events.map((event, index) => ({ ...event, runId: runIdOf(id), sequence: index + 1 }) as unknown as StoredRunEvent),
  };
}

function attemptsOf(task: ExpectedTask): { type: string; data: object }[] {
  const { step, item } = task;
  const outcomes = failuresOf(task) + (succeeds(task) ? 1 : 0);
  return Array.from({ length: outcomes }, (_, index) => {
    const data = { step, ...(item === undefined ? {} : { item }), attempt: index + 1 };
    const completed = succeeds(task) && index === outcomes - 1;
    return [
      { type: RunEventType.AttemptScheduled, data },
      completed
        ? { type: RunEventType.AttemptCompleted, data: { ...data, output: { key: task.key, execution: index + 1 } } }
        : { type: RunEventType.AttemptFailed, data },
    ];
  }).flat();
}

function letterOf({ id, expect, document }: Submission): DeadLetter {
  const reason = expect === 'failed' ? 'attempts-exhausted' : expect;
  const history = expect === 'failed' ? { history: Array.from({ length: DOOMED_ATTEMPTS }, () => ({})) } : {};
  return {
    reason,
    original: { json: { runId: document === undefined ? id : runIdOf(id) } },
    ...history,
  } as unknown as DeadLetter;
}
