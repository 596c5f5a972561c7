import { type Lane, RunStatus, type RunView } from '@aet/contracts';
import { randomUUID } from 'node:crypto';
import { followRun } from '../application/follow-run.js';
import type { Work } from '../domain/asked-work.js';
import type { ConsoleOutput } from './console-output.js';
import type { RunningFleet } from './running-fleet.js';
import { resultOf, runSession } from './simple-session.js';
import type { SimpleWorld } from './simple-world.js';

export interface DoneTask {
  what: string;
  runId: string;
  status: RunStatus;
  output?: unknown;
  error?: unknown;
  interrupted?: boolean;
}
type NamedWork = Work & { what: string };

/** A fleet that runs answers at once. Milliseconds. */
const ANSWER_MS = 1_500;
/** A gateway that restarts is waited for, once the fleet has the work. */
const PATIENCE_MS = 120_000;
const LOOK_MS = 200;

/** Whether there is a fleet that can be given work. */
export async function fleetAnswers(fleet: RunningFleet): Promise<boolean> {
  try {
    fleet.record();
    await fleet.gateway({ patienceMs: 0, signal: AbortSignal.timeout(ANSWER_MS) }).fleet();
    return true;
  } catch {
    return false;
  }
}

/** All at once: the fleet has the hands. @throws {Unavailable} when it takes none of them */
export async function doByFleet(
  fleet: RunningFleet,
  works: readonly NamedWork[],
  lane: Lane,
  output: ConsoleOutput,
): Promise<DoneTask[]> {
  const interrupted = new AbortController();
  process.once('SIGINT', () => interrupted.abort());
  const first = fleet.gateway({ patienceMs: ANSWER_MS, signal: interrupted.signal });
  const submit = ({ document, inputs }: NamedWork) =>
    first.submit({ document, inputs, lane, idempotencyKey: `cli-${randomUUID()}`, submittedBy: 'aet' });
  const [head, ...rest] = works;
  if (head === undefined) return [];
  // The first finds out whether the fleet takes work at all.
  const accepted = [await submit(head), ...(await Promise.all(rest.map(submit)))];
  const gateway = fleet.gateway({ patienceMs: PATIENCE_MS, signal: interrupted.signal });
  return Promise.all(
    accepted.map(async ({ runId }, index) => {
      const { what = '' } = works[index] ?? {};
      try {
        const view = await followRun(gateway, { runId, everyMs: LOOK_MS, signal: interrupted.signal, onView: () => undefined });
        return told(output, doneOf(what, view));
      } catch (error) {
        if (!interrupted.signal.aborted) throw error;
        return told(output, { what, runId, status: RunStatus.Running, interrupted: true });
      }
    }),
  );
}

const doneOf = (what: string, { runId, status, output, error }: RunView): DoneTask => ({
  what,
  runId,
  status,
  ...(output === undefined ? {} : { output }),
  ...(error === undefined ? {} : { error }),
});

/** As many at once as there are hands; each of them in a run of its own. */
export async function doInProcess(world: SimpleWorld, works: readonly NamedWork[], output: ConsoleOutput): Promise<DoneTask[]> {
  const done: DoneTask[] = [];
  const workers = Math.min(world.slots, works.length);
  const slots = Math.max(1, Math.floor(world.slots / Math.max(1, workers)));
  let [next, stopped] = [0, false];
  const work = async (): Promise<void> => {
    for (let index = next++; index < works.length && !stopped; index = next++) {
      const task = works[index];
      if (task === undefined) return;
      const { state, interrupted } = await runSession(world, { submission: await world.submission(task) }, output, {
        quiet: true,
        slots,
      });
      stopped ||= interrupted;
      const { runId, status, error } = state;
      done[index] = told(output, {
        what: task.what,
        runId,
        status,
        ...(status === RunStatus.Completed ? { output: resultOf(world, state) } : {}),
        ...(error === undefined ? {} : { error }),
        ...(interrupted ? { interrupted } : {}),
      });
    }
  };
  await Promise.all(Array.from({ length: workers }, work));
  return done.filter((task) => task !== undefined);
}

const MARKS: Partial<Record<RunStatus, string>> = { completed: '✔', failed: '✘', cancelled: '✘' };

function told(output: ConsoleOutput, task: DoneTask): DoneTask {
  const reason = (task.error as { message?: string } | undefined)?.message;
  output.note(`${MARKS[task.status] ?? '▸'} ${task.what}  ${task.runId}${reason === undefined ? '' : `  ${reason}`}`);
  return task;
}
