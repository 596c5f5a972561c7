import {
  Durability,
  PayloadTooLarge,
  Priority,
  type RunAccepted,
  type RunsAccepted,
  type RunSummary,
  type SubmitRun as SubmitRequest,
  toErrorBody,
  ValidationFailed,
} from '@aet/contracts';
import { DuplicateKey, type RunList } from '@aet/persistence';
import { decide, jsonBytes, PAYLOAD_LIMIT_BYTES } from '@aet/runs';
import { type CheckedWorkflow, CheckedWorkflows } from './checked-workflows.js';
import type { Surroundings, WorkflowCatalog } from './ports.js';
import type { RunStore } from './run-store.js';
import type { WorkRoom } from './work-room.js';

/** The cell that accepts runs begins their ownership with epoch 1; taking over a run raises it. */
export const FIRST_EPOCH = 1;

/** Accepts a run while there is room for its work: resolves when its first events are committed. The same idempotency key gives the same run, whichever replicas are asked. */
export class SubmitRun {
  private readonly checked = new CheckedWorkflows();

  constructor(
    private readonly store: RunStore,
    private readonly list: RunList,
    private readonly catalog: WorkflowCatalog,
    private readonly surroundings: Surroundings,
    private readonly cell: string,
    private readonly room: Pick<WorkRoom, 'assertRoom'>,
  ) {}

  /** @param correlationId of the work that this run belongs to; absent: the run begins one of its own. */
  async execute(request: SubmitRequest, correlationId?: string): Promise<RunAccepted> {
    const { idempotencyKey } = request;
    const earlier = idempotencyKey === undefined ? undefined : await this.list.findByIdempotencyKey(idempotencyKey);
    if (earlier !== undefined) return accepted(earlier, true);
    this.room.assertRoom();
    const { workflow, hash: workflowHash } = await this.workflowOf(request);
    const runId = this.surroundings.newRunId();
    const run = { runId, correlationId: correlationId ?? runId, cell: this.cell };
    const submission = {
      workflow,
      workflowHash,
      inputs: request.inputs ?? {},
      priority: request.priority ?? Priority.Normal,
      durability: request.durability ?? Durability.Strict,
      correlationId: run.correlationId,
      cell: this.cell,
      epoch: FIRST_EPOCH,
      submittedBy: request.submittedBy ?? 'unknown',
      ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
    };
    const events = decide(undefined, { kind: 'submit', runId, submission }, this.surroundings.circumstances());
    try {
      await this.store.create(runId, events);
    } catch (error) {
      if (error instanceof DuplicateKey) return this.winner(error);
      throw error;
    }
    return accepted(run, false);
  }

  /** Each by itself; the commits are shared. */
  async executeAll(requests: readonly SubmitRequest[], correlationId?: string): Promise<RunsAccepted> {
    const results = requests.map((request) =>
      this.execute(request, correlationId).then(
        (run) => ({ accepted: run }),
        (error: unknown) => ({ error: toErrorBody(error) }),
      ),
    );
    return { results: await Promise.all(results) };
  }

  private async workflowOf({ workflow, document, inputs }: SubmitRequest): Promise<CheckedWorkflow> {
    if ((workflow === undefined) === (document === undefined)) {
      const message = 'give either the name of a workflow or a whole document';
      throw new ValidationFailed(message, [{ path: 'workflow', rule: 'oneOf', message }]);
    }
    const bytes = jsonBytes(document ?? null) + jsonBytes(inputs ?? null);
    if (bytes > PAYLOAD_LIMIT_BYTES) {
      throw new PayloadTooLarge(
        `the workflow and its inputs have ${bytes} bytes, ${PAYLOAD_LIMIT_BYTES} are allowed: store the data as an artifact and pass its name`,
      );
    }
    return document === undefined
      ? this.checked.named(await this.catalog.find(workflow ?? ''))
      : this.checked.submitted(document);
  }

  /** Another replica got the same key in the same moment. */
  private async winner(error: DuplicateKey): Promise<RunAccepted> {
    const summary = await this.list.find(error.existingRunId);
    if (summary === undefined) throw error;
    return accepted(summary, true);
  }
}

const accepted = (
  { runId, correlationId, cell }: Pick<RunSummary, 'runId' | 'correlationId' | 'cell'>,
  existing: boolean,
): RunAccepted => ({
  runId,
  correlationId,
  cell,
  existing,
});
