import { type AetError, type ChildRequested, ErrorCode, type PinnedWorkflow, type RunParent, RunStatus } from '@aet/contracts';
import type { EndChild, Submit } from '@aet/runs';
import { SIMPLE_CELL, type SimpleRun } from './simple-run.js';

type Child = ChildRequested['data'];

/** How a sub-run begins: with what its parent has. */
export function childSubmit(run: SimpleRun, child: Child, { document, hash }: PinnedWorkflow): Submit {
  const { step, item, attempt, inputs, priority, childRunId } = child;
  const { correlationId, durability, library, submittedBy, lane, parent } = run.submission;
  return {
    kind: 'submit',
    runId: childRunId,
    submission: {
      workflow: document,
      workflowHash: hash,
      ...(library === undefined ? {} : { library }),
      ...(lane === undefined ? {} : { lane }),
      inputs,
      priority,
      durability,
      correlationId,
      submittedBy,
      cell: SIMPLE_CELL,
      epoch: 1,
      parent: {
        runId: run.runId,
        cell: SIMPLE_CELL,
        step,
        attempt,
        depth: (parent?.depth ?? 0) + 1,
        ...(item === undefined ? {} : { item }),
      },
    },
  };
}

/** One that could not begin, such as for wrong inputs. */
export const childFailure = ({ step, item, attempt, childRunId }: Child, error: AetError): EndChild => ({
  kind: 'end-child',
  step,
  attempt,
  childRunId,
  end: { status: 'failed', error: error.toBody() },
  ...(item === undefined ? {} : { item }),
});

/** What a parent is told of one that has ended. */
export function childEnd({ runId, state }: SimpleRun, { step, item, attempt }: RunParent): EndChild {
  const { status, output, error } = state;
  return {
    kind: 'end-child',
    step,
    attempt,
    childRunId: runId,
    ...(item === undefined ? {} : { item }),
    end:
      status === RunStatus.Completed
        ? { status: 'completed', output: output ?? null }
        : {
            status: status === RunStatus.Cancelled ? 'cancelled' : 'failed',
            error: error ?? { code: ErrorCode.Cancelled, message: `the sub-run ${runId} was cancelled`, retryable: false },
          },
  };
}
