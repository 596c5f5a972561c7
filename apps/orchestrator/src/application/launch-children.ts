import { InternalError, type RunEvent, RunEventType, type RunSubmitted, ValidationFailed, WorkflowInvalid } from '@aet/contracts';
import type { ChildRow, RunLog } from '@aet/persistence';
import { attemptState, decide, Draft, type RunState } from '@aet/runs';
import { type EndChildren, unwanted } from './end-children.js';
import type { Surroundings } from './ports.js';
import type { RunStore } from './run-store.js';

/**
 * Begins the sub-runs that runs ask for. Their ids stand in the request, so that a sub-run is begun once, whichever replicas try it, and however often.
 * One for which nobody waits any more is begun and cancelled in one append: so nobody else can begin it later.
 */
export class LaunchChildren {
  constructor(
    private readonly store: RunStore,
    private readonly log: RunLog,
    private readonly ends: EndChildren,
    private readonly surroundings: Surroundings,
    private readonly cell: string,
  ) {}

  async execute(child: ChildRow): Promise<void> {
    const parent = await this.parentOf(child);
    if (parent?.cell !== this.cell) return;
    const submission = await this.submissionOf(child, parent);
    const isWanted = attemptState(parent, child).state === 'open';
    try {
      await this.store.update(child.childRunId, (state) =>
        state === undefined
          ? { events: this.firstEvents(child, submission, isWanted), certain: false }
          : { events: [], certain: true },
      );
    } catch (error) {
      // It can never begin: its run has to know.
      if (!(error instanceof ValidationFailed || error instanceof WorkflowInvalid)) throw error;
      await this.ends.fail(child, error.toBody());
    }
  }

  /** As it stands behind the request. */
  private async parentOf({ runId, eventSequence }: ChildRow): Promise<RunState | undefined> {
    const recent = await this.store.recent(runId);
    return (recent?.sequence ?? 0) >= eventSequence ? recent : this.store.current(runId);
  }

  private async submissionOf(child: ChildRow, parent: RunState): Promise<RunSubmitted['data']> {
    const { runId, step, item, attempt, eventSequence, priority } = child;
    const [event] = await this.log.read(runId, eventSequence - 1, 1);
    if (event?.type !== RunEventType.ChildRequested || event.data.childRunId !== child.childRunId)
      throw new InternalError(
        `event ${eventSequence} of run ${runId} does not ask for run ${child.childRunId}: rebuild the projections`,
      );
    const { workflow: name, inputs } = event.data;
    const called = parent.library?.[name];
    if (called === undefined) throw new InternalError(`run ${runId} calls the workflow "${name}", which its log does not hold`);
    const depth = (parent.parent?.depth ?? 0) + 1;
    return {
      workflow: called.document,
      workflowHash: called.hash,
      ...(parent.library === undefined ? {} : { library: parent.library }),
      inputs,
      priority,
      ...(parent.lane === undefined ? {} : { lane: parent.lane }),
      durability: parent.durability,
      correlationId: parent.correlationId,
      cell: parent.cell,
      epoch: parent.epoch,
      submittedBy: parent.submittedBy,
      parent: { runId, cell: parent.cell, step, ...(item === undefined ? {} : { item }), attempt, depth },
    };
  }

  private firstEvents({ childRunId, runId }: ChildRow, submission: RunSubmitted['data'], isWanted: boolean): RunEvent[] {
    const circumstances = this.surroundings.circumstances();
    const events = decide(undefined, { kind: 'submit', runId: childRunId, submission }, circumstances);
    if (isWanted) return events;
    const draft = new Draft(childRunId, undefined, circumstances.now);
    for (const event of events) draft.record(event);
    const isOver = [RunEventType.Completed, RunEventType.Failed].some((end) => draft.events.at(-1)?.type === end);
    return isOver ? events : [...events, ...decide(draft.state, unwanted(runId), circumstances)];
  }
}
