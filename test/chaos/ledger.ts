import { attemptId, type DeadLetter, RunEventType, type StoredRunEvent } from '@aet/contracts';
import { DOOMED_ATTEMPTS, type ExpectedTask, type Submission } from './workload.ts';

/** What the executor noted, in the order in which it happened: all hosts append to one file. */
export interface Note {
  phase: 'begin' | 'fail' | 'end';
  key: string;
  /** The how-manieth execution of the task, from 1. */
  execution: number;
}

/** What a producer noted when a submit was answered. */
export type Receipt = { id: string } & (
  { kind: 'accepted'; runId: string } | { kind: 'stored' } | { kind: 'refused'; code: string }
);

/** A run as the log has it after the round. */
export interface Logged {
  runId: string;
  /** The submission's id. */
  key: string;
  events: readonly StoredRunEvent[];
}

/** Everything that is known of a round when it is over. None of it comes from the services' own words about themselves. */
export interface Evidence {
  /** No fault was injected, so nothing may have run twice. */
  calm: boolean;
  submissions: readonly Submission[];
  receipts: readonly Receipt[];
  notes: readonly Note[];
  /** Keys of the tasks whose effect is there. */
  effects: readonly string[];
  runs: readonly Logged[];
  /** Logs that cannot be read because their chain is broken. */
  broken: readonly { runId: string; message: string }[];
  deadLetters: readonly DeadLetter[];
  /** What is still to be done: messages that a consumer has to deliver or to hear of, by stream, and rows of the projections that say so. */
  left: Readonly<Record<string, number>>;
  /** Messages in a queue that no consumer will deliver, by stream. */
  stranded: Readonly<Record<string, number>>;
}

/** A promise that was broken, by the name of the promise. */
export interface Breach {
  rule: string;
  about: string;
  says: string;
}

/**
 * Holds a round's evidence against what was promised: every acknowledged task ran at least once, took effect exactly once, in order where
 * there is one, and ended in a result or in the dead letters with its history. Pure: the same evidence gives the same breaches.
 */
export function judge(evidence: Evidence): Breach[] {
  const bySubmission = Map.groupBy(evidence.runs, ({ key }) => key);
  return [
    ...receiptBreaches(evidence, bySubmission),
    ...evidence.submissions.flatMap((submission) =>
      submission.document === undefined
        ? letterBreaches(submission, evidence)
        : (bySubmission.get(submission.id) ?? []).flatMap((run) => runBreaches(submission, run, evidence)),
    ),
    ...noteBreaches(evidence),
    ...evidence.broken.map(({ runId, message }) => ({ rule: 'the hash chain holds', about: runId, says: message })),
    ...countsIn(evidence.left, 'nothing is left to be done'),
    ...countsIn(evidence.stranded, 'no message is stranded in a queue'),
  ];
}

function receiptBreaches({ submissions, receipts }: Evidence, runs: ReadonlyMap<string, readonly Logged[]>): Breach[] {
  const known = new Map(submissions.map((submission) => [submission.id, submission]));
  const answered = new Set(receipts.map(({ id }) => id));
  return [
    ...[...known.keys()]
      .filter((id) => !answered.has(id))
      .map((id) => breach('every submit is answered in the end', id, 'no receipt')),
    ...[...runs].flatMap(([id, of]) =>
      of.length > 1 ? [breach('a submit makes one run', id, of.map(({ runId }) => runId).join(', '))] : [],
    ),
    ...[...runs.keys()].filter((id) => !known.has(id)).map((id) => breach('a run has a submit', id, 'nobody submitted it')),
    ...receipts.flatMap((receipt) => {
      if (receipt.kind === 'refused') return [breach('a good submit is not refused', receipt.id, receipt.code)];
      if (receipt.kind === 'stored') return [];
      const found = runs.get(receipt.id)?.some(({ runId }) => runId === receipt.runId) === true;
      return found ? [] : [breach('an acknowledged submit is in the log', receipt.id, `run ${receipt.runId} is not there`)];
    }),
  ];
}

function runBreaches(submission: Submission, run: Logged, evidence: Evidence): Breach[] {
  const { events } = run;
  const ends = events.filter(({ type }) => type === RunEventType.Completed || type === RunEventType.Failed);
  const [end] = ends;
  if (end === undefined)
    return [breach('a run ends', submission.id, `${events.length} events, the last is ${events.at(-1)?.type}`)];
  const wanted = submission.expect === 'completed' ? RunEventType.Completed : RunEventType.Failed;
  return [
    ...(ends.length === 1 && events.at(-1) === end
      ? []
      : [breach('a run ends once, with its last event', submission.id, ends.map(({ type }) => type).join(', '))]),
    ...(end.type === wanted
      ? []
      : [breach('a run ends as its tasks do', submission.id, `${end.type} ${JSON.stringify(end.data)}`)]),
    ...attemptBreaches(submission, run),
    ...submission.tasks.flatMap((task) => taskBreaches(submission, task, run, evidence)),
    ...(submission.expect === 'completed' ? noLetter(submission, run, evidence) : letterOfRun(submission, run, evidence)),
  ];
}

type Outcome = Extract<StoredRunEvent, { type: typeof RunEventType.AttemptCompleted | typeof RunEventType.AttemptFailed }>;

const outcomesOf = (run: Logged): Outcome[] =>
  run.events.filter(
    (event): event is Outcome => event.type === RunEventType.AttemptCompleted || event.type === RunEventType.AttemptFailed,
  );

/** Each attempt is scheduled once, ends once, and not before it was scheduled. */
function attemptBreaches({ id }: Submission, run: Logged): Breach[] {
  const found: Breach[] = [];
  const open = new Set<string>();
  const seen = new Set<string>();
  for (const event of run.events) {
    if (event.type === RunEventType.AttemptScheduled) {
      const attempt = attemptId({ runId: run.runId, ...event.data });
      if (seen.has(attempt)) found.push(breach('an attempt is scheduled once', id, attempt));
      seen.add(attempt);
      open.add(attempt);
    } else if (event.type === RunEventType.AttemptCompleted || event.type === RunEventType.AttemptFailed) {
      const attempt = attemptId({ runId: run.runId, ...event.data });
      if (!open.delete(attempt)) found.push(breach('an attempt ends once, after it was scheduled', id, attempt));
    }
  }
  return [...found, ...[...open].map((attempt) => breach('an attempt ends', id, attempt))];
}

function taskBreaches({ expect }: Submission, task: ExpectedTask, run: Logged, { notes, effects, calm }: Evidence): Breach[] {
  const { key } = task;
  const outcomes = outcomesOf(run).filter(({ data }) => data.step === task.step && data.item === task.item);
  const completed = outcomes.filter(({ type }) => type === RunEventType.AttemptCompleted);
  const mine = notes.filter((note) => note.key === key);
  const begun = mine.filter(({ phase }) => phase === 'begin').length;
  const says = `${begun} executions, ${effects.filter((effect) => effect === key).length} effects, ${completed.length} results`;
  const found: Breach[] = [];
  const demand = (holds: boolean, rule: string, more = ''): void => {
    if (!holds) found.push(breach(rule, key, `${says}${more}`));
  };
  demand(begun > 0, 'an acknowledged task runs');
  if (expect === 'completed') {
    demand(completed.length === 1, 'a task has one result');
    demand(effects.filter((effect) => effect === key).length === 1, 'a task takes effect once');
    for (const { data } of completed) {
      const { execution } = ((data as { output?: unknown }).output ?? {}) as { execution?: number };
      demand(
        mine.some((note) => note.phase === 'end' && note.execution === execution),
        'a result is of an execution',
        `, execution ${execution}`,
      );
    }
    const failed = outcomes.length - completed.length;
    demand(
      failed <= task.failures,
      'an attempt fails only when its execution did',
      `, ${failed} failed attempts: ${JSON.stringify(outcomes.map(({ data }) => data))}`,
    );
  } else {
    demand(completed.length === 0 && !effects.includes(key), 'a failed task has no effect');
    demand(
      outcomes.length === DOOMED_ATTEMPTS,
      'a failed task has the history of its attempts',
      `, ${outcomes.length} failed attempts`,
    );
  }
  if (calm)
    demand(begun === (expect === 'completed' ? task.failures + 1 : DOOMED_ATTEMPTS), 'without a fault nothing runs twice');
  const first = notes.findIndex((note) => note.key === key);
  for (const before of task.after) {
    demand(
      first < 0 || isOverBefore(before, first, notes),
      'a task begins after those that it needs',
      `, before ${before} had ended`,
    );
  }
  const { follows } = task;
  if (follows !== undefined) {
    demand(
      first < 0 || isOverBefore(follows, first, notes),
      'tasks of one key run one after the other, in order',
      `, before ${follows} had ended`,
    );
  }
  return found;
}

/** Whether it had succeeded, or failed for good, when the note at `position` was made. A key's notes tell which: a doomed task never ends. */
function isOverBefore(key: string, position: number, notes: readonly Note[]): boolean {
  const mine = notes.slice(0, position).filter((note) => note.key === key);
  const failed = mine.filter(({ phase }) => phase === 'fail').length;
  return (
    mine.some(({ phase }) => phase === 'end') ||
    (failed >= DOOMED_ATTEMPTS && !notes.some((note) => note.key === key && note.phase === 'end'))
  );
}

/** Executions of work that nobody asked for, and effects without an execution. */
function noteBreaches({ submissions, notes, effects }: Evidence): Breach[] {
  const wanted = new Set(submissions.flatMap(({ tasks }) => tasks.map(({ key }) => key)));
  const ran = new Set(notes.map(({ key }) => key));
  return [
    ...[...ran].filter((key) => !wanted.has(key)).map((key) => breach('only submitted tasks run', key, 'nobody submitted it')),
    ...effects.filter((key) => !ran.has(key)).map((key) => breach('an effect has an execution', key, 'no execution was noted')),
  ];
}

const noLetter = ({ id }: Submission, { runId }: Logged, { deadLetters }: Evidence): Breach[] =>
  deadLetters.some(({ original }) => runOf(original) === runId)
    ? [breach('a completed task is not in the dead letters', id, runId)]
    : [];

/** A task that failed for good is in the dead letters, with its attempts where it had any. */
function letterOfRun({ id, expect }: Submission, { runId }: Logged, { deadLetters }: Evidence): Breach[] {
  const reason = expect === 'failed' ? 'attempts-exhausted' : 'no-agent';
  const letters = deadLetters.filter(({ original }) => runOf(original) === runId);
  const [letter] = letters;
  if (letter === undefined || letters.length > 1 || letter.reason !== reason) {
    const found = letters.map((one) => one.reason).join(', ');
    return [breach('a failed task is in the dead letters, once', id, `of run ${runId}: ${found || 'none'}`)];
  }
  const attempts = letter.history?.length ?? 0;
  return expect === 'no-agent' || attempts === DOOMED_ATTEMPTS
    ? []
    : [breach('a dead letter has the history of its attempts', id, `${attempts} attempts`)];
}

function letterBreaches({ id, expect }: Submission, { receipts, deadLetters }: Evidence): Breach[] {
  if (!receipts.some((receipt) => receipt.id === id && receipt.kind === 'stored')) return [];
  const letters = deadLetters.filter(({ reason, original }) => reason === expect && runOf(original) === id);
  return letters.length === 1
    ? []
    : [breach('a message that cannot be read is in the dead letters, once', id, `${letters.length} letters`)];
}

const runOf = (original: DeadLetter['original']): unknown =>
  'json' in original ? (original.json as { runId?: unknown }).runId : undefined;

const countsIn = (counts: Readonly<Record<string, number>>, rule: string): Breach[] =>
  Object.entries(counts).flatMap(([of, count]) => (count === 0 ? [] : [breach(rule, of, String(count))]));

const breach = (rule: string, about: string, says: string): Breach => ({ rule, about, says });
