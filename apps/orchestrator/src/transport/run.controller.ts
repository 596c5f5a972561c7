import {
  AttemptQuery,
  type AttemptState,
  ListRuns,
  OrchestratorRpc,
  ReadRunEvents,
  type RunAccepted,
  type RunEventPage,
  RunId,
  type RunPage,
  type RunsAccepted,
  type RunView,
  SubmitManyRuns,
  SubmitRun as SubmitRequest,
  type WorkflowList,
} from '@aet/contracts';
import { Rpc } from '@aet/messaging';
import { correlation } from '@aet/telemetry';
import { Controller, UseGuards } from '@nestjs/common';
import { WorkflowCatalog } from '../application/ports.js';
import { QueryRun } from '../application/query-run.js';
import { SubmitRun } from '../application/submit-run.js';
import { OwnedRunsGuard } from './owned-runs.guard.js';
import { RecordReadyGuard } from './record-ready.guard.js';

@Controller()
@UseGuards(RecordReadyGuard)
export class RunController {
  constructor(
    private readonly submission: SubmitRun,
    private readonly query: QueryRun,
    private readonly catalog: WorkflowCatalog,
  ) {}

  @Rpc(OrchestratorRpc.submit)
  submit(request: SubmitRequest): Promise<RunAccepted> {
    return this.submission.execute(request, correlation.current()?.correlationId);
  }

  @Rpc(OrchestratorRpc.submitMany)
  submitMany({ runs }: SubmitManyRuns): Promise<RunsAccepted> {
    return this.submission.executeAll(runs, correlation.current()?.correlationId);
  }

  @Rpc(OrchestratorRpc.get)
  get({ runId }: RunId): Promise<RunView> {
    return this.query.get(runId);
  }

  @Rpc(OrchestratorRpc.list)
  list(request: ListRuns): Promise<RunPage> {
    return this.query.list(request);
  }

  @Rpc(OrchestratorRpc.events)
  events(request: ReadRunEvents): Promise<RunEventPage> {
    return this.query.events(request);
  }

  @Rpc(OrchestratorRpc.attempt)
  @UseGuards(OwnedRunsGuard)
  attempt(request: AttemptQuery): Promise<AttemptState> {
    return this.query.attempt(request);
  }

  @Rpc(OrchestratorRpc.workflows)
  async workflows(): Promise<WorkflowList> {
    return { workflows: await this.catalog.list() };
  }
}
