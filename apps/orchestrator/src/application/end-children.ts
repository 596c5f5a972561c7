import { Conflict, type ErrorBody, ErrorCode, isRunEnded, RunStatus } from '@aet/contracts';
import type { ChildRow, OpenChild, RunChildren } from '@aet/persistence';
import { decide, type EndChild, type RunCommand, type RunState } from '@aet/runs';
import type { Surroundings } from './ports.js';
import type { RunStore } from './run-store.js';

type Place = Pick<ChildRow, 'childRunId' | 'runId' | 'step' | 'item' | 'attempt'>;

/** What runs and their sub-runs say to each other once these have begun. Each of it may be said again, and counts once. */
export class EndChildren {
  constructor(
    private readonly store: RunStore,
    private readonly children: RunChildren,
    private readonly surroundings: Surroundings,
  ) {}

  /** Tells the run that called it how a sub-run ended; nothing for any other run. */
  async tell(childRunId: string): Promise<void> {
    const recent = await this.store.recent(childRunId);
    // Most runs are nobody's: they cost no question to the log.
    if (recent !== undefined && recent.parent === undefined) return;
    const child = recent !== undefined && isRunEnded(recent.status) ? recent : await this.store.current(childRunId);
    if (child?.parent === undefined || !isRunEnded(child.status)) return;
    await this.end({ childRunId, ...child.parent }, endOf(child));
  }

  /** Tells the run that called it that a sub-run cannot even begin. */
  fail(child: Place, error: ErrorBody): Promise<void> {
    return this.end(child, { status: 'failed', error: ofChild(child.childRunId, error) });
  }

  /** Nobody waits for it any more. */
  async cancel({ childRunId, runId }: OpenChild): Promise<void> {
    await this.say(childRunId, unwanted(runId));
    await this.children.forget([childRunId]);
  }

  async prioritize({ childRunId, runId, priority }: OpenChild): Promise<void> {
    const reason = 'the run that called it got another priority';
    await this.say(childRunId, { kind: 'prioritize', priority, by: `run ${runId}`, reason });
    await this.children.toldPriority(childRunId, priority);
  }

  private async end({ childRunId, runId, step, item, attempt }: Place, end: EndChild['end']): Promise<void> {
    const place = { step, ...(item === undefined ? {} : { item }), attempt };
    const isNews = await this.say(runId, { kind: 'end-child', ...place, childRunId, end });
    // It knows already, or does not want to.
    if (!isNews) await this.children.forget([childRunId]);
  }

  /** @returns whether it changed anything. A run that has ended takes no word any more, and needs none. */
  private async say(runId: string, command: RunCommand): Promise<boolean> {
    const circumstances = this.surroundings.circumstances();
    try {
      const { events } = await this.store.update(runId, (state) => {
        const decided = decide(state, command, circumstances);
        return { events: decided, certain: decided.length > 0 };
      });
      return events.length > 0;
    } catch (error) {
      if (error instanceof Conflict) return false;
      throw error;
    }
  }
}

/** What a run says to its sub-runs when it does not wait for them any more. */
export const unwanted = (runId: string): { kind: 'cancel'; by: string; reason: string } => ({
  kind: 'cancel',
  by: `run ${runId}`,
  reason: 'the run that called it does not wait for it any more',
});

function endOf(child: RunState): EndChild['end'] {
  const { runId, status, output, error } = child;
  if (status === RunStatus.Completed) return { status, output: output ?? null };
  if (status === RunStatus.Failed && error !== undefined) return { status, error: ofChild(runId, error) };
  const message = `sub-run ${runId} was cancelled`;
  return { status: 'cancelled', error: { code: ErrorCode.Cancelled, message, retryable: false, details: { runId } } };
}

/** The error of a sub-run as its caller sees it: with the place to look at. */
const ofChild = (runId: string, error: ErrorBody): ErrorBody => ({
  code: error.code,
  message: `sub-run ${runId}: ${error.message}`.slice(0, 10_000),
  retryable: error.retryable,
  details: { runId, ...(error.details === undefined ? {} : { details: error.details }) },
});
