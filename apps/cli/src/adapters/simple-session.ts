import { RunStatus, type RunSubmitted } from '@aet/contracts';
import { type RunCommand, type RunState, runView, whole, referencesIn } from '@aet/runs';
import { randomBytes } from 'node:crypto';
import { RunInProcess } from '../application/run-in-process.js';
import { duration } from '../domain/durations.js';
import { newRunId } from '../domain/run-id.js';
import { StopSignals } from '../domain/stop-signals.js';
import type { ConsoleOutput } from './console-output.js';
import { endLeftovers } from './simple-leftovers.js';
import { SimpleProgress } from './simple-progress.js';
import { type SimpleWorld, userName } from './simple-world.js';
import { terminalApproval } from './terminal-approval.js';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

export type Begin = { submission: RunSubmitted['data'] } | { resume: string; commands: readonly RunCommand[] };
export interface SessionEnd {
  state: RunState;
  /** Ctrl-C, or its like. */
  interrupted: boolean;
}

/** One run from its begin, or from where it stood, to its end. Ctrl-C cancels it in order; a second one leaves it as it stands, to be resumed. */
export async function runSession(
  world: SimpleWorld,
  begin: Begin,
  output: ConsoleOutput,
  { quiet = false, slots = world.slots }: { quiet?: boolean; slots?: number } = {},
): Promise<SessionEnd> {
  const runId = 'resume' in begin ? begin.resume : newRunId(Date.now(), randomBytes(16));
  if ('resume' in begin) await endLeftovers(world.files.work());
  const progress = new SimpleProgress(output);
  await using worker = world.worker();
  await using session = new RunInProcess(runId, {
    files: world.files,
    worker,
    ask: terminalApproval(userName()),
    slots,
    host: world.host,
    onEvents: (run) => {
      if (run.runId === runId && !quiet) progress.changed(run.state);
    },
    onNews: (from, step, news) => {
      if (from === runId) progress.heard(step, news);
    },
  });
  using interrupt = new Interrupt(session, runId, output.note);
  if ('submission' in begin) await session.submit({ ...begin.submission, correlationId: runId });
  else {
    const run = await session.open();
    for (const command of begin.commands) run.command(command);
  }
  const state = await Promise.race([session.toTheEnd(), interrupt.given]);
  if (!quiet) progress.end(state);
  return { state, interrupted: interrupt.received };
}

/** Stop signals for a process with a run in it. */
class Interrupt implements Disposable {
  private readonly signals = new StopSignals();
  private readonly kill = Promise.withResolvers<never>();
  received = false;

  constructor(
    private readonly session: RunInProcess,
    private readonly runId: string,
    private readonly say: (line: string) => void,
  ) {
    this.kill.promise.catch(() => undefined);
    for (const signal of SIGNALS) process.on(signal, this.receive);
  }

  /** Rejects when the run shall be left as it stands. */
  get given(): Promise<never> {
    return this.kill.promise;
  }

  [Symbol.dispose](): void {
    for (const signal of SIGNALS) process.off(signal, this.receive);
  }

  private readonly receive = (): void => {
    const wish = this.signals.receive(performance.now());
    if (wish === 'kill') this.kill.reject(new Interrupted(this.runId));
    if (wish !== 'stop') return;
    this.received = true;
    this.say('cancelling; Ctrl-C again leaves it as it stands');
    this.session.cancel(userName(), 'interrupted').catch((error: unknown) => this.kill.reject(error as Error));
  };
}

/** Somebody did not want to wait for the end. */
export class Interrupted extends Error {
  constructor(readonly runId: string) {
    super(`interrupted: go on with \`aet simple --resume ${runId}\``);
  }
}

/** The run's result, whole. */
export function resultOf(world: SimpleWorld, state: RunState): unknown {
  return whole(
    state.output,
    new Map(referencesIn(state.output).map((ref) => [ref.$payload.sha256, world.files.getPayload(ref)])),
  );
}

export function printEnd(world: SimpleWorld, { state }: SessionEnd, output: ConsoleOutput, json: boolean): boolean {
  const completed = state.status === RunStatus.Completed;
  const result = completed ? resultOf(world, state) : undefined;
  if (json) output.json({ ...runView(state), mode: 'simple', ...(completed ? { output: result } : {}) });
  else if (completed) output.result(typeof result === 'string' ? result : JSON.stringify(result, undefined, 2));
  const took = duration(Date.parse(state.updatedAt) - Date.parse(state.submittedAt));
  if (completed) output.note(`completed in ${took}, run ${state.runId}`);
  else {
    const why = state.error?.message ?? 'it was cancelled';
    output.note(
      `error: the run ${state.status === RunStatus.Cancelled ? 'was cancelled' : 'failed'} after ${took}: ${why} (see \`aet simple --show ${state.runId}\`)`,
    );
  }
  return completed;
}
