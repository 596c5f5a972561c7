import { createHash } from 'node:crypto';
import {
  Durability,
  PayloadTooLarge,
  Priority,
  type RunAccepted,
  type RunSummary,
  type SubmitRun as SubmitRequest,
  ValidationFailed,
  type WorkflowDocument,
} from '@aet/contracts';
import { DuplicateKey, type RunList } from '@aet/persistence';
import { jsonBytes, PAYLOAD_LIMIT_BYTES } from '../domain/limits.js';
import { checkedWorkflow } from '../domain/parse-workflow.js';
import { decide } from '../domain/run.decide.js';
import type { Surroundings, WorkflowCatalog } from './ports.js';
import type { RunStore } from './run-store.js';
import type { WorkRoom } from './work-room.js';

/** The cell that accepts runs begins their ownership with epoch 1; taking over a run raises it. */
const FIRST_EPOCH = 1;

/** Accepts a run while there is room for its work: resolves when its first events are committed. The same idempotency key gives the same run, whichever replicas are asked. */
export class SubmitRun {
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
    const workflow = await this.workflowOf(request);
    const runId = this.surroundings.newRunId();
    const run = { runId, correlationId: correlationId ?? runId, cell: this.cell };
    const submission = {
      workflow,
      workflowHash: createHash('sha256').update(JSON.stringify(workflow)).digest('hex'),
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

  private async workflowOf({ workflow, document, inputs }: SubmitRequest): Promise<WorkflowDocument> {
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
    return document === undefined ? this.catalog.find(workflow ?? '') : checkedWorkflow(document, 'that was submitted');
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
