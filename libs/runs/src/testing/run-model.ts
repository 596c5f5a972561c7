import assert from 'node:assert/strict';
import type { RunStatus, WorkflowDocument } from '@aet/contracts';
import { workflow } from './run-simulator.js';

/** What a run of steps with needs must do, in as few words as can be: for tests that hold it beside the real thing. A step named `wait…` waits for one signal `go`; of two that wait, the document's first has it. */
export class RunModel {
  status: RunStatus = 'running';
  readonly begun = new Set<string>();
  readonly done = new Set<string>();
  private signals = 0;

  constructor(private readonly needs: Readonly<Record<string, readonly string[]>>) {
    this.goOn();
  }

  /** Steps whose task is awaited. */
  get open(): string[] {
    const isUnderWay = this.status === 'running' || this.status === 'paused';
    return isUnderWay ? [...this.begun].filter((step) => !this.done.has(step) && !step.startsWith('wait')) : [];
  }

  complete(step: string): void {
    if (this.open.includes(step)) this.done.add(step);
    this.goOn();
  }
  fail(step: string): void {
    if (this.open.includes(step)) this.status = 'failed';
  }
  pause(): void {
    if (this.status === 'running') this.status = 'paused';
  }
  resume(): void {
    if (this.status === 'paused') this.status = 'running';
    this.goOn();
  }
  cancel(): void {
    if (this.status === 'running' || this.status === 'paused') this.status = 'cancelled';
  }
  signal(): void {
    if (this.status === 'running' || this.status === 'paused') this.signals++;
    this.goOn();
  }

  private goOn(): void {
    for (let moved = true; moved && (this.status === 'running' || this.status === 'paused');) moved = this.begin() || this.hear();
    if ((this.status === 'running' || this.status === 'paused') && this.done.size === Object.keys(this.needs).length)
      this.status = 'completed';
  }

  private begin(): boolean {
    const next = Object.entries(this.needs).find(
      ([step, needs]) => this.status === 'running' && !this.begun.has(step) && needs.every((need) => this.done.has(need)),
    );
    if (next !== undefined) this.begun.add(next[0]);
    return next !== undefined;
  }

  private hear(): boolean {
    const step = Object.keys(this.needs).find((name) => name.startsWith('wait') && this.begun.has(name) && !this.done.has(name));
    if (step === undefined || this.signals === 0) return false;
    this.signals--;
    this.done.add(step);
    return true;
  }
}

/** The workflow that a model of these needs is held beside: one attempt for each task. */
export const modelledWorkflow = (needs: Readonly<Record<string, readonly string[]>>, capability = 'work'): WorkflowDocument =>
  workflow(
    Object.fromEntries(
      Object.entries(needs).map(([step, before]) => [
        step,
        step.startsWith('wait')
          ? { wait: { signal: 'go' }, needs: [...before] }
          : { task: capability, needs: [...before], retry: { attempts: 1 } },
      ]),
    ),
  );

/** The real thing, as the model sees it. What is refused changes nothing. */
export interface RealRun {
  complete(step: string): Promise<void>;
  fail(step: string): Promise<void>;
  pause(): Promise<void>;
  resume(): Promise<void>;
  cancel(): Promise<void>;
  signal(): Promise<void>;
  /** As it stands now; `open` in any order. */
  look(): Promise<{ status: RunStatus; open: readonly string[] }>;
}

export const MODEL_WORDS = ['complete', 'fail', 'pause', 'resume', 'cancel', 'signal'] as const;
type ModelWord = (typeof MODEL_WORDS)[number];

/** A command in the shape of fast-check's `AsyncCommand`: does the same to both, and compares them. @param pick which step, of all that there are */
export class ModelCommand {
  constructor(
    private readonly word: ModelWord,
    private readonly pick: number,
    private readonly steps: readonly string[],
  ) {}

  check(): boolean {
    return true;
  }

  async run(model: RunModel, real: RealRun): Promise<void> {
    // Mostly a step that is awaited; sometimes one whose result is late, doubled or too early.
    const from = this.pick % 4 > 0 && model.open.length > 0 ? model.open : this.steps;
    const step = from[this.pick % from.length] ?? '';
    model[this.word](step);
    await real[this.word](step);
    const { status, open } = await real.look();
    assert.deepEqual({ status, open: [...open].toSorted() }, { status: model.status, open: model.open.toSorted() });
  }

  toString(): string {
    return `${this.word}(${this.pick})`;
  }
}
