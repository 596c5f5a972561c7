import {
  type ApproveRun,
  type CancelRun,
  Conflict,
  NotFound,
  type PrioritizeRun,
  type RunActed,
  type ByOperator,
  type SignalRun,
  StaleOwner,
  ValidationFailed,
} from '@aet/contracts';
import { decide, type RunCommand, type RunState } from '@aet/runs';
import { type Act, audited } from './audited.js';
import type { Auditor, Surroundings } from './ports.js';
import type { RunStore } from './run-store.js';

/** The fields that every word has. */
interface Said {
  runId: string;
  by?: string;
  reason?: string;
}

/** A caller that does not say who it is. */
const NOBODY = 'unknown';

/** Who says it, and why, without what is absent. */
export const wordOf = ({ by = NOBODY, reason }: ByOperator): { by: string; reason?: string } => ({
  by,
  ...(reason === undefined ? {} : { reason }),
});

/** What an operator says to a run: decided on the log as it is now, and written down whether it was done or refused. */
export class OperateRun {
  constructor(
    private readonly store: RunStore,
    private readonly audit: Auditor,
    private readonly surroundings: Surroundings,
    private readonly cell: string,
  ) {}

  cancel(request: CancelRun): Promise<RunActed> {
    return this.say('run.cancelled', request, () => ({ kind: 'cancel', ...wordOf(request) }));
  }

  pause(request: CancelRun): Promise<RunActed> {
    return this.say('run.paused', request, () => ({ kind: 'pause', ...wordOf(request) }));
  }

  resume(request: CancelRun): Promise<RunActed> {
    return this.say('run.resumed', request, () => ({ kind: 'resume', ...wordOf(request) }));
  }

  redrive(request: CancelRun): Promise<RunActed> {
    return this.say('run.redriven', request, () => ({ kind: 'redrive', ...wordOf(request) }));
  }

  prioritize(request: PrioritizeRun): Promise<RunActed> {
    const { priority } = request;
    return this.say('run.prioritized', request, () => ({ kind: 'prioritize', priority, ...wordOf(request) }));
  }

  signal({ payload = null, ...request }: SignalRun): Promise<RunActed> {
    const { name, id, by = NOBODY } = request;
    return this.say('run.signalled', request, () => ({ kind: 'signal', name, id, payload, by }));
  }

  approve(request: ApproveRun): Promise<RunActed> {
    return this.decided('run.approved', request, true);
  }

  reject(request: ApproveRun): Promise<RunActed> {
    return this.decided('run.rejected', request, false);
  }

  private decided(action: string, request: ApproveRun, approved: boolean): Promise<RunActed> {
    return this.say(action, request, (state) => ({
      kind: 'decide',
      step: request.step ?? askedStep(state),
      approved,
      ...wordOf(request),
    }));
  }

  private say(action: string, request: Said, commandOf: (state: RunState) => RunCommand): Promise<RunActed> {
    const act: Act = { action, ...request, ...wordOf(request) };
    return audited(this.audit, act, () => this.carryOut(request.runId, commandOf));
  }

  private async carryOut(runId: string, commandOf: (state: RunState) => RunCommand): Promise<RunActed> {
    // What is known here may be old, and it decides what is said to the operator.
    await this.store.current(runId);
    const circumstances = this.surroundings.circumstances();
    const { events } = await this.store.update(runId, (state) => {
      const ours = owned(runId, state, this.cell);
      return { events: decide(ours, commandOf(ours), circumstances), certain: false };
    });
    const { status, sequence } = owned(runId, await this.store.current(runId), this.cell);
    return { runId, status, sequence, changed: events.length > 0 };
  }
}

/** @throws {NotFound} @throws {StaleOwner} when another cell has it by now */
export function owned(runId: string, state: RunState | undefined, cell: string): RunState {
  if (state === undefined)
    throw new NotFound(`run ${runId} is not in this cell's log: look at the list of runs, or ask the cell that accepted it`);
  if (state.cell === cell) return state;
  throw new StaleOwner(`run ${runId} belongs to the cell ${state.cell}: say it there, with --cell ${state.cell}`);
}

/** The one approval that is meant when none is named: the one that waits, else the one that was decided. @throws {Conflict} @throws {ValidationFailed} */
function askedStep({ runId, workflow, steps }: RunState): string {
  const asking = Object.keys(workflow.steps).filter((name) => workflow.steps[name]?.approval !== undefined);
  const open = asking.filter((name) => steps[name]?.status === 'running');
  const over = asking.filter((name) => steps[name]?.status === 'completed' || steps[name]?.status === 'failed');
  const meant = open.length > 0 ? open : over;
  const [only] = meant;
  if (only === undefined)
    throw new Conflict(`run ${runId} asks for no approval now: look at its steps with \`aet runs get ${runId}\``);
  if (meant.length === 1) return only;
  const message = `run ${runId} asks for several approvals: name the step, one of ${meant.join(', ')}`;
  throw new ValidationFailed(message, [{ path: 'step', rule: 'required', message }]);
}
