import {
  type ForkRun,
  NotFound,
  type RerunRun,
  type RunAccepted,
  RunEventType,
  type RunOrigin,
  type RunSubmitted,
  type StepKept,
  type StoredRunEvent,
  ValidationFailed,
} from '@aet/contracts';
import type { RunLog } from '@aet/persistence';
import { foldAll, type RunState } from '@aet/runs';
import { keptSteps, redoneFrom } from '../domain/kept-steps.js';
import { audited } from './audited.js';
import { wordOf } from './operate-run.js';
import type { Auditor } from './ports.js';
import type { NewRun, SubmitRun } from './submit-run.js';

type Request = RerunRun | ForkRun;

/** New runs that take over what another one had done. The other's log stays as it is: a log is never edited. */
export class BeginFromRun {
  constructor(
    private readonly log: RunLog,
    private readonly submit: SubmitRun,
    private readonly audit: Auditor,
  ) {}

  /** The same again: from a step on, or all of it. The run goes on with the workflow that the other one had. */
  rerun(request: RerunRun, correlationId?: string): Promise<RunAccepted> {
    return this.audited('run.rerun', request, async () => {
      const { state, submitted } = await this.read(request.runId);
      const { from } = request;
      if (from !== undefined && state.workflow.steps[from] === undefined) throw unknownStep(state, from);
      const kept = from === undefined ? [] : keptSteps(state, redoneFrom(state, from));
      const place = { kind: 'rerun', sequence: state.sequence, ...(from === undefined ? {} : { from }) } as const;
      return this.begin(request, submitted, place, kept, correlationId);
    });
  }

  /** Goes on from a place in the log as if nothing had come after it. */
  fork(request: ForkRun, correlationId?: string): Promise<RunAccepted> {
    const { runId, sequence } = request;
    return this.audited('run.forked', request, async () => {
      const { state, submitted } = await this.read(runId, sequence);
      if (state.sequence < sequence) {
        const message = `run ${runId} has ${state.sequence} events: give a sequence up to that`;
        throw new ValidationFailed(message, [{ path: 'sequence', rule: 'max', message }]);
      }
      return this.begin(request, submitted, { kind: 'fork', sequence }, keptSteps(state), correlationId);
    });
  }

  private async audited(action: string, request: Request, perform: () => Promise<RunAccepted>): Promise<RunAccepted> {
    const earlier = await this.submit.earlier(request.idempotencyKey);
    const { inputs: _inputs, ...said } = request;
    return earlier ?? audited(this.audit, { action, ...said, ...wordOf(request) }, perform);
  }

  private async read(runId: string, upTo?: number): Promise<{ state: RunState; submitted: RunSubmitted['data'] }> {
    const events = await this.log.read(runId, 0, upTo);
    const [first] = events;
    const state = foldAll(undefined, events);
    if (state === undefined || first?.type !== RunEventType.Submitted)
      throw new NotFound(`run ${runId} is not in this cell's log: look at the list of runs, or ask the cell that accepted it`);
    return { state, submitted: submittedOf(first) };
  }

  private begin(
    request: Request,
    submitted: RunSubmitted['data'],
    place: Pick<RunOrigin, 'kind' | 'sequence' | 'from'>,
    kept: readonly StepKept['data'][],
    correlationId: string | undefined,
  ): Promise<RunAccepted> {
    const { workflow, workflowHash, library, lane, durability } = submitted;
    const { inputs, priority = submitted.priority, idempotencyKey, runId } = request;
    const word = wordOf(request);
    const asked: NewRun = {
      workflow,
      workflowHash,
      ...(library === undefined ? {} : { library }),
      inputs: { ...submitted.inputs, ...inputs },
      priority,
      ...(lane === undefined ? {} : { lane }),
      durability,
      submittedBy: word.by,
      ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
      origin: { ...place, runId, ...word },
    };
    return this.submit.begin(asked, correlationId, kept);
  }
}

const submittedOf = (event: StoredRunEvent): RunSubmitted['data'] => (event as RunSubmitted).data;

function unknownStep({ runId, workflow }: RunState, from: string): ValidationFailed {
  const message = `run ${runId} has no step "${from}"; it has: ${Object.keys(workflow.steps).join(', ')}`;
  return new ValidationFailed(message, [{ path: 'from', rule: 'unknown', message }]);
}
