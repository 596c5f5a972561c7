import {
  Durability,
  Lane,
  NotFound,
  PayloadTooLarge,
  Priority,
  type RunAccepted,
  type RunsAccepted,
  type RunSubmitted,
  type RunSummary,
  type StepKept,
  type SubmitRun as SubmitRequest,
  toErrorBody,
  ValidationFailed,
  type WorkflowDocument,
} from '@aet/contracts';
import { DuplicateKey, type RunList } from '@aet/persistence';
import { checkLibrary, decide, jsonBytes, PAYLOAD_LIMIT_BYTES } from '@aet/runs';
import { type CheckedWorkflow, CheckedWorkflows } from './checked-workflows.js';
import type { Surroundings, WorkflowCatalog } from './ports.js';
import type { RunStore } from './run-store.js';
import type { WorkRoom } from './work-room.js';

/** The cell that accepts runs begins their ownership with epoch 1; taking over a run raises it. */
export const FIRST_EPOCH = 1;

type Library = NonNullable<RunSubmitted['data']['library']>;
/** What is asked for; where and under which number it stands is added. */
export type NewRun = Omit<RunSubmitted['data'], 'correlationId' | 'cell' | 'epoch'>;

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
  async execute(request: SubmitRequest, correlationId?: string, source: { schedule?: string } = {}): Promise<RunAccepted> {
    const earlier = await this.earlier(request.idempotencyKey);
    if (earlier !== undefined) return earlier;
    const asked = await this.asked(request);
    return this.begin({ ...asked, ...source }, correlationId);
  }

  /** Whether the request would be accepted, as far as that is known before. @throws {AetError} as the submit would */
  async check(request: SubmitRequest): Promise<void> {
    const runId = this.surroundings.newRunId();
    const submission = this.submission({ ...(await this.asked(request)) }, runId);
    await this.store.decided(() => decide(undefined, { kind: 'submit', runId, submission }, this.surroundings.circumstances()));
  }

  /** The run that has the key. */
  async earlier(idempotencyKey: string | undefined): Promise<RunAccepted | undefined> {
    const earlier = idempotencyKey === undefined ? undefined : await this.list.findByIdempotencyKey(idempotencyKey);
    return earlier === undefined ? undefined : accepted(earlier, true);
  }

  /** @param kept ends of steps that are taken over from the run's origin */
  async begin(asked: NewRun, correlationId?: string, kept?: readonly StepKept['data'][]): Promise<RunAccepted> {
    this.room.assertRoom();
    const runId = this.surroundings.newRunId();
    const inputs = await this.store.lightInputs(asked.inputs);
    const submission = this.submission({ ...asked, inputs }, correlationId ?? runId);
    const command = { kind: 'submit', runId, submission, ...(kept === undefined ? {} : { kept }) } as const;
    try {
      const decided = await this.store.decided(() => decide(undefined, command, this.surroundings.circumstances()));
      await this.store.create(runId, decided);
    } catch (error) {
      if (error instanceof DuplicateKey) return this.winner(error);
      throw error;
    }
    return accepted({ runId, correlationId: submission.correlationId, cell: this.cell }, false);
  }

  private submission(asked: NewRun, correlationId: string): RunSubmitted['data'] {
    return { ...asked, correlationId, cell: this.cell, epoch: FIRST_EPOCH };
  }

  private async asked(request: SubmitRequest): Promise<NewRun> {
    const { workflow, hash: workflowHash, library } = await this.resolve(request);
    const { lane, startAt, idempotencyKey } = request;
    return {
      workflow,
      workflowHash,
      ...(Object.keys(library).length === 0 ? {} : { library }),
      inputs: request.inputs ?? {},
      priority: request.priority ?? priorityOf(lane),
      ...(lane === undefined ? {} : { lane }),
      durability: request.durability ?? (lane === Lane.Background ? Durability.Relaxed : Durability.Strict),
      submittedBy: request.submittedBy ?? 'unknown',
      ...(startAt === undefined ? {} : { startAt: instant(startAt) }),
      ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
    };
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

  /** The workflow that is meant, and every one that it can call, as they are now. @throws {AetError} as the submit would */
  async resolve({
    workflow,
    document,
  }: Pick<SubmitRequest, 'workflow' | 'document'>): Promise<CheckedWorkflow & { library: Library }> {
    if ((workflow === undefined) === (document === undefined)) {
      const message = 'give either the name of a workflow or a whole document';
      throw new ValidationFailed(message, [{ path: 'workflow', rule: 'oneOf', message }]);
    }
    const bytes = jsonBytes(document ?? null);
    if (bytes > PAYLOAD_LIMIT_BYTES) {
      throw new PayloadTooLarge(
        `the workflow has ${bytes} bytes, ${PAYLOAD_LIMIT_BYTES} are allowed: pass the data that is in it as inputs`,
      );
    }
    const checked =
      document === undefined ? this.checked.named(await this.catalog.find(workflow ?? '')) : this.checked.submitted(document);
    return { ...checked, library: await checkLibrary(checked.workflow, (name) => this.called(name)) };
  }

  private async called(name: string): Promise<WorkflowDocument | undefined> {
    try {
      return await this.catalog.find(name);
    } catch (error) {
      if (error instanceof NotFound) return undefined;
      throw error;
    }
  }

  /** Another replica got the same key in the same moment. */
  private async winner(error: DuplicateKey): Promise<RunAccepted> {
    const summary = await this.list.find(error.existingRunId);
    if (summary === undefined) throw error;
    return accepted(summary, true);
  }
}

/** Who waits for it comes first; what may wait does. */
const priorityOf = (lane: Lane | undefined): Priority =>
  lane === Lane.RealTime ? Priority.High : lane === Lane.Background ? Priority.Low : Priority.Normal;

/** As the log writes times. @throws {ValidationFailed} */
function instant(text: string): string {
  const time = new Date(text);
  if (!Number.isNaN(time.getTime())) return time.toISOString();
  const message = `startAt "${text}" is no time: write one such as 2026-11-21T18:00:00Z`;
  throw new ValidationFailed(message, [{ path: 'startAt', rule: 'time', message }]);
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
