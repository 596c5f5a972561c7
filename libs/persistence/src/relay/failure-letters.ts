import {
  type DeadLetter,
  type FailedAttempt,
  type Performer,
  RunEventType,
  type StoredRunEvent,
  Subjects,
  TASK_SCHEMA_VERSION,
  attemptId,
} from '@aet/contracts';
import { refOf } from '../projection/dispatch.js';
import { originOf } from './run-origins.js';
import { type Scheduled, type Submitted, taskMessage } from './task-message.js';

/** A letter, and its id: told twice inside the server's window, it is stored once. */
export interface FailureLetter {
  letter: DeadLetter;
  id: string;
}

/** An error that a dead letter of the host says already. */
const isToldByHost = (details: unknown): boolean => typeof details === 'object' && details !== null && 'deadLetter' in details;

/**
 * The tasks that ended a run, as dead letters with every attempt. All follows from the log.
 * @param events of the run, from its first to the `run.failed` that is meant
 */
export function failureLetters(events: readonly StoredRunEvent[], namespace: string): FailureLetter[] {
  const [submitted] = events;
  const end = events.at(-1);
  if (submitted?.type !== RunEventType.Submitted || end?.type !== RunEventType.Failed || end.data.step === undefined) return [];
  const tasks = new Map<number, Attempts>();
  for (const event of events) if (isAttempt(event) && event.data.step === end.data.step) note(tasks, event);
  return [...tasks.values()].flatMap(({ scheduled, failures, open }) =>
    open || isToldByHost(failures.at(-1)?.error.details) ? [] : [letterOf(submitted, scheduled, failures, namespace)],
  );
}

interface Attempts {
  scheduled: Scheduled;
  failures: FailedAttempt[];
  /** The last attempt did not fail. */
  open: boolean;
}
type AttemptEvent = Extract<StoredRunEvent, { type: 'attempt.scheduled' | 'attempt.completed' | 'attempt.failed' }>;

const isAttempt = (event: StoredRunEvent): event is AttemptEvent =>
  event.type === RunEventType.AttemptScheduled ||
  event.type === RunEventType.AttemptCompleted ||
  event.type === RunEventType.AttemptFailed;

function note(tasks: Map<number, Attempts>, event: AttemptEvent): void {
  const item = event.data.item ?? -1;
  const known = tasks.get(item);
  if (event.type === RunEventType.AttemptScheduled) {
    tasks.set(item, { scheduled: event, failures: known?.failures ?? [], open: true });
  } else if (known !== undefined && event.type === RunEventType.AttemptFailed) {
    const { attempt, by, durationMs, error } = event.data;
    known.failures.push({ attempt, at: event.time, by, durationMs, error });
    known.open = false;
  }
}

function letterOf(run: Submitted, scheduled: Scheduled, failures: FailedAttempt[], namespace: string): FailureLetter {
  const last = failures.at(-1);
  const { cell } = run.data;
  const { priority, capability, step, attempt } = scheduled.data;
  const by: Pick<Performer, 'cell' | 'host' | 'instance'> = last?.by ?? { cell, host: 'unknown', instance: 'unknown' };
  const tries = failures.length === 1 ? 'its only attempt' : `all of its ${failures.length} attempts`;
  return {
    id: `${attemptId(refOf(run.runId, scheduled.data))}:given-up`,
    letter: {
      v: TASK_SCHEMA_VERSION,
      reason: 'attempts-exhausted',
      message: `step "${step}" failed in ${tries}, and with it its run: ${last?.error.message ?? ''}`.slice(0, 10_000),
      at: last?.at ?? scheduled.time,
      by: { cell: by.cell, host: by.host, instance: by.instance },
      subject: new Subjects(namespace).task(cell, priority, capability),
      deliveries: attempt,
      original: { json: taskMessage(originOf(run.data), scheduled) },
      history: failures,
    },
  };
}
