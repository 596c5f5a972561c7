import { isStopped, type StopNotice, type TaskMessage } from '@aet/contracts';

/** An attempt that runs here. */
export interface AttemptInHand extends Disposable {
  /** Aborted when nobody waits for it any more. */
  readonly unwanted: AbortSignal;
}

interface Running {
  task: TaskMessage;
  /** On the monotonic clock. */
  since: number;
  stop: AbortController;
}

/** Notices that are remembered: a task that waited in the queue may come after its run was cancelled. */
const REMEMBERED = 10_000;

/** What runs on this host, so that it can be told to end when its run does not want it any more. */
export class AttemptsInHand {
  private readonly running = new Set<Running>();
  private readonly notices = new Map<string, StopNotice>();

  constructor(private readonly now: () => number = () => performance.now()) {}

  begin(task: TaskMessage): AttemptInHand {
    const running = { task, since: this.now(), stop: new AbortController() };
    this.running.add(running);
    return { unwanted: running.stop.signal, [Symbol.dispose]: () => void this.running.delete(running) };
  }

  /** @returns how many were told to end */
  stop(notice: StopNotice): number {
    this.remember(notice);
    const meant = [...this.running].filter(({ task }) => isStopped(notice, task));
    for (const { stop } of meant) stop.abort();
    return meant.length;
  }

  /** A notice came that seems to mean the task: its owner knows. */
  isDoubtful(task: TaskMessage): boolean {
    return [this.notices.get(task.runId), this.notices.get(keyOf(task))].some(
      (notice) => notice !== undefined && isStopped(notice, task),
    );
  }

  /** Tasks that have been running for so long. */
  runningFor(ms: number): { task: TaskMessage; stop: () => void }[] {
    const before = this.now() - ms;
    return [...this.running].flatMap(({ task, since, stop }) => (since <= before ? [{ task, stop: () => stop.abort() }] : []));
  }

  private remember(notice: StopNotice): void {
    this.notices.set(notice.step === undefined ? notice.runId : keyOf({ runId: notice.runId, step: notice.step }), notice);
    for (const oldest of this.notices.keys()) {
      if (this.notices.size <= REMEMBERED) break;
      this.notices.delete(oldest);
    }
  }
}

const keyOf = ({ runId, step }: Pick<TaskMessage, 'runId' | 'step'>): string => `${runId} ${step}`;
