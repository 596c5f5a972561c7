import {
  AetError,
  ErrorCode,
  isRunEnded,
  NotFound,
  type PayloadRef,
  PRIORITIES,
  RunStatus,
  type RunSubmitted,
  type StoredRunEvent,
} from '@aet/contracts';
import { referencesIn, type RunState, whole } from '@aet/runs';
import { keyOf, type OpenAttempt } from '../domain/open-work.js';
import { Approvals } from './approvals.js';
import { RunWaits, waitsFor } from './run-waits.js';
import type { AskApproval, AttemptEnding, RunFiles, Worker, WorkerNews } from './simple-ports.js';
import { SIMPLE_CELL, SimpleRun } from './simple-run.js';
import { childEnd, childFailure, childSubmit } from './sub-runs.js';

export interface RunInProcessParts {
  files: RunFiles;
  worker: Worker;
  ask: AskApproval;
  /** Tasks at once. */
  slots: number;
  host: string;
  onEvents?: (run: SimpleRun, events: readonly StoredRunEvent[]) => void;
  onNews?: (runId: string, step: string, news: WorkerNews) => void;
}

interface InHand {
  attempt: OpenAttempt;
  stop: AbortController;
}

/** A timer of the system cannot wait longer. Milliseconds. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/**
 * Does a run, and its sub-runs, in this process: what an orchestrator, its queue and a host do in a fleet. After each append it does what the log asks for,
 * as far as there is room: attempts, sub-runs, questions; and it wakes when the next thing happens by itself.
 */
export class RunInProcess implements AsyncDisposable {
  private readonly runs = new Map<string, SimpleRun>();
  private readonly inHand = new Map<string, InHand>();
  private readonly opening = new Set<string>();
  private readonly endings = new Set<Promise<void>>();
  private readonly over = Promise.withResolvers<void>();
  private readonly approvals: Approvals;
  private timer: NodeJS.Timeout | undefined;
  private closed = false;

  constructor(
    private readonly rootId: string,
    private readonly parts: RunInProcessParts,
  ) {
    this.approvals = new Approvals(
      parts.ask,
      () => this.step(),
      (error) => this.over.reject(error),
    );
    // Who waits for the end hears of it; nobody may be there yet.
    this.over.promise.catch(() => undefined);
  }

  /** Opens the run's log. */
  async open(): Promise<SimpleRun> {
    return this.runs.get(this.rootId) ?? this.openRun(this.rootId);
  }

  /** @throws {ValidationFailed} on wrong inputs */
  async submit(submission: RunSubmitted['data']): Promise<void> {
    const run = await this.open();
    run.command({ kind: 'submit', runId: this.rootId, submission });
  }

  /** Resolves when the run has ended. @throws {RunWaits} when it cannot go on by itself. @throws {AetError} when its log cannot be written */
  async toTheEnd(): Promise<RunState> {
    const run = await this.open();
    this.step();
    await this.over.promise;
    return run.state;
  }

  async cancel(by: string, reason: string): Promise<void> {
    const run = await this.open();
    if (run.begun && !run.ended) run.command({ kind: 'cancel', by, reason });
  }

  /** Ends what runs, and lets go of the files. What was not finished is done anew by whoever takes the run up. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.closed = true;
    clearTimeout(this.timer);
    this.approvals[Symbol.dispose]();
    for (const { stop } of this.inHand.values()) stop.abort();
    await Promise.all(this.endings);
    for (const run of this.runs.values()) run[Symbol.dispose]();
  }

  private async openRun(runId: string): Promise<SimpleRun> {
    const log = await this.parts.files.open(runId);
    const run = new SimpleRun(runId, log, this.parts.files, (changed, events) => {
      this.parts.onEvents?.(changed, events);
      queueMicrotask(() => this.step());
    });
    this.runs.set(runId, run);
    return run;
  }

  /** Everything that can be done now. What goes wrong with a log or a decision ends the whole: nothing else may follow. */
  private step(): void {
    if (this.closed) return;
    try {
      this.wake();
      for (const run of this.runs.values()) {
        this.stopUnwanted(run);
        if (run.begun && !run.ended) this.beginChildren(run);
        if (run.begun) this.endFor(run);
      }
      this.fillSlots();
      const root = this.runs.get(this.rootId);
      if (root?.begun === true && root.ended && this.inHand.size === 0) this.over.resolve();
      else if (root?.begun === true) this.waitOrGiveUp();
    } catch (error) {
      this.over.reject(error);
    }
  }

  /** Lets happen what is due, and sleeps until the next. */
  private wake(): void {
    clearTimeout(this.timer);
    const moments = [...this.runs.values()].flatMap((run) => run.nextMoment() ?? []);
    if (moments.length === 0) return;
    const wait = Math.min(LONGEST_TIMER_MS, Math.max(0, Math.min(...moments) - Date.now()));
    this.timer = setTimeout(() => {
      try {
        for (const run of this.runs.values()) {
          if (run.ended || !run.begun) continue;
          run.command({ kind: 'tick' });
          run.command({ kind: 'expire' });
        }
      } catch (error) {
        this.over.reject(error);
      }
      this.step();
    }, wait + 1);
  }

  private stopUnwanted(run: SimpleRun): void {
    for (const [key, { attempt, stop }] of this.inHand) {
      if (!key.startsWith(`${run.runId}:`)) continue;
      if (run.work.attempts.get(keyOf(attempt))?.attempt !== attempt.attempt) stop.abort();
    }
  }

  private beginChildren(run: SimpleRun): void {
    for (const child of run.work.children.values()) {
      if (this.runs.has(child.childRunId) || this.opening.has(child.childRunId) || !isDue(child.notBefore)) continue;
      this.opening.add(child.childRunId);
      void this.openRun(child.childRunId)
        .then((opened) => {
          const pinned = run.submission.library?.[child.workflow];
          if (opened.begun || this.closed) return;
          if (pinned === undefined) throw new NotFound(`the run has no workflow "${child.workflow}" with it`);
          opened.command(childSubmit(run, child, pinned));
        })
        .catch((error: unknown) => this.childFailed(run, child.childRunId, error))
        .finally(() => {
          this.opening.delete(child.childRunId);
          this.step();
        });
    }
  }

  /** What the parent has to know: wrong inputs of a sub-run are the parent's failure. */
  private childFailed(run: SimpleRun, childRunId: string, error: unknown): void {
    const child = run.work.children.get(childRunId);
    if (!(error instanceof AetError) || error.retryable || child === undefined) return this.over.reject(error);
    run.command(childFailure(child, error));
  }

  /** The end of a sub-run is told to its parent; the end of a parent ends its sub-runs. */
  private endFor(run: SimpleRun): void {
    const { parent } = run.submission;
    const above = parent === undefined ? undefined : this.runs.get(parent.runId);
    if (parent === undefined || above === undefined) return;
    const wanted = above.work.children.has(run.runId);
    if (!run.ended) {
      if (!wanted) run.command({ kind: 'cancel', by: 'aet', reason: `run ${above.runId} waits for it no more` });
      return;
    }
    if (wanted) above.command(childEnd(run, parent));
  }

  /** The most urgent first; of equals, who came first. */
  private fillSlots(): void {
    const room = this.parts.slots - this.inHand.size;
    if (room <= 0) return;
    const ready = [...this.runs.values()]
      .flatMap((run) => (run.ended ? [] : [...run.work.attempts.values()].map((attempt) => ({ run, attempt }))))
      .filter(({ run, attempt }) => isDue(attempt.notBefore) && !this.inHand.has(handKey(run, attempt)))
      .filter(({ run, attempt }) => this.isItsTurn(run, attempt))
      .toSorted((a, b) => PRIORITIES.indexOf(a.attempt.priority) - PRIORITIES.indexOf(b.attempt.priority));
    for (const { run, attempt } of ready.slice(0, room)) this.begin(run, attempt);
  }

  /** Ordered work: of those with one key the first that is open. */
  private isItsTurn(run: SimpleRun, attempt: OpenAttempt): boolean {
    if (attempt.orderKey === undefined) return true;
    const same = [...this.runs.values()]
      .flatMap((other) => [...other.work.attempts.values()].map((open) => ({ other, open })))
      .filter(({ open }) => open.capability === attempt.capability && open.orderKey === attempt.orderKey);
    const held = same.some(({ other, open }) => this.inHand.has(handKey(other, open)));
    return !held && same[0]?.other === run && same[0].open === attempt;
  }

  private begin(run: SimpleRun, attempt: OpenAttempt): void {
    const key = handKey(run, attempt);
    const stop = new AbortController();
    this.inHand.set(key, { attempt, stop });
    const ending = this.perform(run, attempt, stop.signal)
      .catch((error: unknown) => this.over.reject(error))
      .finally(() => {
        this.inHand.delete(key);
        this.endings.delete(ending);
        this.step();
      });
    this.endings.add(ending);
  }

  private async perform(run: SimpleRun, attempt: OpenAttempt, signal: AbortSignal): Promise<void> {
    const startedAt = performance.now();
    const { step, item, attempt: number, agent = 'none' } = attempt;
    const place = { step, ...(item === undefined ? {} : { item }), attempt: number };
    const by = { cell: SIMPLE_CELL, host: this.parts.host, instance: `aet-${process.pid}`, agent };
    const task = run.task(attempt);
    const input = whole(task.input, new Map(referencesIn(task.input).map((ref) => [ref.$payload.sha256, this.loaded(ref)])));
    const ending: AttemptEnding = await this.parts.worker.perform({ ...task, input }, signal, (news) => {
      if (this.closed || signal.aborted) return;
      this.parts.onNews?.(run.runId, step, news);
      if (news.kind === 'saved') run.command({ kind: 'save', ...place, by, saved: news.saved });
    });
    if (ending.status === 'dropped' || this.closed || run.ended) return;
    const end = { ...place, by: { ...by, agent: ending.agent }, durationMs: Math.round(performance.now() - startedAt) };
    if (ending.status === 'completed') this.complete(run, { kind: 'complete', ...end, output: ending.output });
    else run.command({ kind: 'fail', ...end, error: ending.error });
  }

  /** An output that cannot be kept is a failure of its attempt. */
  private complete(run: SimpleRun, command: Extract<Parameters<SimpleRun['command']>[0], { kind: 'complete' }>): void {
    try {
      run.command(command);
    } catch (error) {
      if (!(error instanceof AetError) || error.code !== ErrorCode.PayloadTooLarge) throw error;
      const { kind: _, output: __, cached: ___, ...end } = command;
      run.command({ kind: 'fail', ...end, error: error.toBody() });
    }
  }

  private loaded(ref: PayloadRef): unknown {
    return this.parts.files.getPayload(ref);
  }

  /** Nothing runs and nothing will: somebody is waited for. */
  private waitOrGiveUp(): void {
    const open = [...this.runs.values()].filter((run) => run.begun && !run.ended);
    for (const run of open) this.approvals.look(run);
    if (this.inHand.size > 0 || this.opening.size > 0 || this.approvals.asking) return;
    if (open.some((run) => run.work.attempts.size > 0 || isRunEnded(run.state.status))) return;
    if (open.some((run) => [...run.work.waits.values()].some(({ signal }) => signal === undefined))) return;
    if (open.some((run) => run.state.status === RunStatus.Scheduled)) return;
    const words = open.flatMap(waitsFor);
    if (words.length > 0) this.over.reject(new RunWaits(words.join('; ')));
  }
}

const isDue = (notBefore: string | undefined): boolean => notBefore === undefined || Date.parse(notBefore) <= Date.now();

const handKey = (run: SimpleRun, attempt: OpenAttempt): string => `${run.runId}:${keyOf(attempt)}:${attempt.attempt}`;
