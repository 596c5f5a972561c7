import type { AskApproval } from './simple-ports.js';
import type { SimpleRun } from './simple-run.js';

/** Asks for the approvals that runs wait for, one after the other: there is one terminal. */
export class Approvals implements Disposable {
  private readonly asked = new Set<string>();
  private readonly stop = new AbortController();
  private present: { key: string; withdraw: AbortController } | undefined;

  /** @param onAnswer when nobody is being asked any more. @param onRefused when who answered may not decide */
  constructor(
    private readonly ask: AskApproval,
    private readonly onAnswer: () => void,
    private readonly onRefused: (error: unknown) => void,
  ) {}

  get asking(): boolean {
    return this.present !== undefined;
  }

  /** Asks the run's next question, unless one is being asked; takes back one that the run does not ask any more. */
  look(run: SimpleRun): void {
    if (this.present?.key.startsWith(`${run.runId}:`) === true) {
      const step = this.present.key.slice(run.runId.length + 1);
      if (!run.work.approvals.has(step)) this.present.withdraw.abort();
      return;
    }
    if (this.present !== undefined) return;
    const question = [...run.work.approvals.values()].find(({ step }) => !this.asked.has(`${run.runId}:${step}`));
    if (question === undefined) return;
    const key = `${run.runId}:${question.step}`;
    this.asked.add(key);
    const withdraw = new AbortController();
    this.present = { key, withdraw };
    void this.ask(question, AbortSignal.any([this.stop.signal, withdraw.signal]))
      .then((decision) => {
        if (decision === undefined || !run.work.approvals.has(question.step)) return;
        run.command({ kind: 'decide', step: question.step, ...decision });
      })
      .catch(this.onRefused)
      .finally(() => {
        this.present = undefined;
        this.onAnswer();
      });
  }

  [Symbol.dispose](): void {
    this.stop.abort();
  }
}
