import {
  ApproveRun,
  AskRunStates,
  CancelRun,
  DiffRuns,
  ExportRun as ExportRequest,
  FindRuns,
  ForkRun,
  ImportRun as ImportRequest,
  PauseRun,
  PrioritizeRun,
  RedriveRun,
  RejectRun,
  ReplayRun,
  RerunRun,
  ResumeRun,
  type RunAccepted,
  type RunActed,
  type RunExportPage,
  type RunReplayed,
  type RunImported,
  type RunsDiff,
  type RunsFound,
  RunsRpc,
  type RunStatesKnown,
  SignalRun,
} from '@aet/contracts';
import { Rpc } from '@aet/messaging';
import { RunLookup } from '@aet/persistence';
import { correlation } from '@aet/telemetry';
import { Controller, UseGuards } from '@nestjs/common';
import { BeginFromRun } from '../application/begin-from-run.js';
import { CompareRuns } from '../application/compare-runs.js';
import { ExportRun } from '../application/export-run.js';
import { ImportRun } from '../application/import-run.js';
import { OperateRun } from '../application/operate-run.js';
import { RecordReadyGuard } from './record-ready.guard.js';

/** Ids that are given for the beginning of one. */
const FOUND = 10;

/** What an operator does to runs. Who may is decided by the server's permissions and the gateway, and for an approval by the workflow. */
@Controller()
@UseGuards(RecordReadyGuard)
export class RunOperationsController {
  constructor(
    private readonly operate: OperateRun,
    private readonly again: BeginFromRun,
    private readonly comparison: CompareRuns,
    private readonly exporting: ExportRun,
    private readonly importing: ImportRun,
    private readonly lookup: RunLookup,
  ) {}

  @Rpc(RunsRpc.cancel)
  cancel(request: CancelRun): Promise<RunActed> {
    return this.operate.cancel(request);
  }

  @Rpc(RunsRpc.pause)
  pause(request: PauseRun): Promise<RunActed> {
    return this.operate.pause(request);
  }

  @Rpc(RunsRpc.resume)
  resume(request: ResumeRun): Promise<RunActed> {
    return this.operate.resume(request);
  }

  @Rpc(RunsRpc.signal)
  signal(request: SignalRun): Promise<RunActed> {
    return this.operate.signal(request);
  }

  @Rpc(RunsRpc.approve)
  approve(request: ApproveRun): Promise<RunActed> {
    return this.operate.approve(request);
  }

  @Rpc(RunsRpc.reject)
  reject(request: RejectRun): Promise<RunActed> {
    return this.operate.reject(request);
  }

  @Rpc(RunsRpc.prioritize)
  prioritize(request: PrioritizeRun): Promise<RunActed> {
    return this.operate.prioritize(request);
  }

  @Rpc(RunsRpc.rerun)
  rerun(request: RerunRun): Promise<RunAccepted> {
    return this.again.rerun(request, correlation.current()?.correlationId);
  }

  @Rpc(RunsRpc.fork)
  fork(request: ForkRun): Promise<RunAccepted> {
    return this.again.fork(request, correlation.current()?.correlationId);
  }

  @Rpc(RunsRpc.redrive)
  redrive(request: RedriveRun): Promise<RunActed> {
    return this.operate.redrive(request);
  }

  @Rpc(RunsRpc.replay)
  replay(request: ReplayRun): Promise<RunReplayed> {
    return this.comparison.replay(request);
  }

  @Rpc(RunsRpc.diff)
  diff(request: DiffRuns): Promise<RunsDiff> {
    return this.comparison.diff(request);
  }

  @Rpc(RunsRpc.export)
  export(request: ExportRequest): Promise<RunExportPage> {
    return this.exporting.execute(request);
  }

  @Rpc(RunsRpc.import)
  import(request: ImportRequest): Promise<RunImported> {
    return this.importing.execute(request);
  }

  @Rpc(RunsRpc.find)
  async find({ prefix }: FindRuns): Promise<RunsFound> {
    return { runIds: await this.lookup.beginningWith(prefix, FOUND) };
  }

  @Rpc(RunsRpc.states)
  async states({ runIds }: AskRunStates): Promise<RunStatesKnown> {
    return { states: await this.lookup.statesOf(runIds) };
  }
}
