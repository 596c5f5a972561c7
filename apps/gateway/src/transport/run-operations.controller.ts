import {
  DecisionWord,
  FindRuns,
  ForkWord,
  PrioritizeWord,
  ReplayWord,
  RerunWord,
  type RunAccepted,
  type RunActed,
  type RunEventPage,
  RunId,
  type RunReplayed,
  type RunsAccepted,
  type RunsDiff,
  type RunsFound,
  RunsRpc,
  type RunStatesKnown,
  AskRunStates,
  OrchestratorRpc,
  ByOperator,
  SignalWord,
  SubmitManyRuns,
  type SubmitRun,
} from '@aet/contracts';
import { RpcClient } from '@aet/messaging';
import { Body, Controller, Get, HttpCode, Param, Post, Query, Req } from '@nestjs/common';
import { LargeInputs } from '../application/large-inputs.js';
import type { HttpRequest } from './http-types.js';
import { LogQuery, RunPair } from './operation-paths.js';
import { bodyPipe, textPipe } from './rest-validation.js';
import { byOf, said } from './told-by.js';

/** An operator waits rather than asks again: what was said may have been done. Milliseconds. */
const PATIENT = { timeoutMs: 12_000 };

/** What an operator does to runs, under the names that the orchestrator's methods have. */
@Controller('v1')
export class RunOperationsController {
  constructor(
    private readonly rpc: RpcClient,
    private readonly large: LargeInputs,
  ) {}

  @Post('runs/:runId/cancel')
  @HttpCode(200)
  cancel(@Param(textPipe) { runId }: RunId, @Body(bodyPipe) word: ByOperator, @Req() request: HttpRequest): Promise<RunActed> {
    return this.rpc.call(RunsRpc.cancel, { runId, ...said(word, request) }, PATIENT);
  }

  @Post('runs/:runId/pause')
  @HttpCode(200)
  pause(@Param(textPipe) { runId }: RunId, @Body(bodyPipe) word: ByOperator, @Req() request: HttpRequest): Promise<RunActed> {
    return this.rpc.call(RunsRpc.pause, { runId, ...said(word, request) }, PATIENT);
  }

  @Post('runs/:runId/resume')
  @HttpCode(200)
  resume(@Param(textPipe) { runId }: RunId, @Body(bodyPipe) word: ByOperator, @Req() request: HttpRequest): Promise<RunActed> {
    return this.rpc.call(RunsRpc.resume, { runId, ...said(word, request) }, PATIENT);
  }

  @Post('runs/:runId/redrive')
  @HttpCode(200)
  redrive(@Param(textPipe) { runId }: RunId, @Body(bodyPipe) word: ByOperator, @Req() request: HttpRequest): Promise<RunActed> {
    return this.rpc.call(RunsRpc.redrive, { runId, ...said(word, request) }, PATIENT);
  }

  @Post('runs/:runId/signal')
  @HttpCode(200)
  async signal(
    @Param(textPipe) { runId }: RunId,
    @Body(bodyPipe) word: SignalWord,
    @Req() request: HttpRequest,
  ): Promise<RunActed> {
    const light = await this.large.signal(said(word, request));
    return this.rpc.call(RunsRpc.signal, { runId, ...light }, PATIENT);
  }

  @Post('runs/:runId/approve')
  @HttpCode(200)
  approve(@Param(textPipe) { runId }: RunId, @Body(bodyPipe) word: DecisionWord, @Req() request: HttpRequest): Promise<RunActed> {
    return this.rpc.call(RunsRpc.approve, { runId, ...said(word, request) }, PATIENT);
  }

  @Post('runs/:runId/reject')
  @HttpCode(200)
  reject(@Param(textPipe) { runId }: RunId, @Body(bodyPipe) word: DecisionWord, @Req() request: HttpRequest): Promise<RunActed> {
    return this.rpc.call(RunsRpc.reject, { runId, ...said(word, request) }, PATIENT);
  }

  @Post('runs/:runId/prioritize')
  @HttpCode(200)
  prioritize(
    @Param(textPipe) { runId }: RunId,
    @Body(bodyPipe) word: PrioritizeWord,
    @Req() request: HttpRequest,
  ): Promise<RunActed> {
    return this.rpc.call(RunsRpc.prioritize, { runId, ...said(word, request) }, PATIENT);
  }

  @Post('runs/:runId/rerun')
  @HttpCode(202)
  async rerun(
    @Param(textPipe) { runId }: RunId,
    @Body(bodyPipe) word: RerunWord,
    @Req() request: HttpRequest,
  ): Promise<RunAccepted> {
    const light = await this.large.inputs(said(word, request));
    return this.rpc.call(RunsRpc.rerun, { runId, ...light }, PATIENT);
  }

  @Post('runs/:runId/fork')
  @HttpCode(202)
  async fork(
    @Param(textPipe) { runId }: RunId,
    @Body(bodyPipe) word: ForkWord,
    @Req() request: HttpRequest,
  ): Promise<RunAccepted> {
    const light = await this.large.inputs(said(word, request));
    return this.rpc.call(RunsRpc.fork, { runId, ...light }, PATIENT);
  }

  @Post('runs/:runId/replay')
  @HttpCode(200)
  replay(@Param(textPipe) { runId }: RunId, @Body(bodyPipe) { workflow, document }: ReplayWord): Promise<RunReplayed> {
    const other = { ...(workflow === undefined ? {} : { workflow }), ...(document === undefined ? {} : { document }) };
    return this.rpc.call(RunsRpc.replay, { runId, ...other }, PATIENT);
  }

  @Get('runs/:runId/log')
  log(@Param(textPipe) { runId }: RunId, @Query(textPipe) { after, limit }: LogQuery): Promise<RunEventPage> {
    const part = { ...(after === undefined ? {} : { after }), ...(limit === undefined ? {} : { limit }) };
    return this.rpc.call(OrchestratorRpc.events, { runId, ...part }, PATIENT);
  }

  @Get('runs/:runId/diff/:other')
  diff(@Param(textPipe) pair: RunPair): Promise<RunsDiff> {
    return this.rpc.call(RunsRpc.diff, pair, PATIENT);
  }

  @Get('run-ids/:prefix')
  find(@Param(textPipe) path: FindRuns): Promise<RunsFound> {
    return this.rpc.call(RunsRpc.find, path, PATIENT);
  }

  @Post('run-states')
  @HttpCode(200)
  states(@Body(bodyPipe) question: AskRunStates): Promise<RunStatesKnown> {
    return this.rpc.call(RunsRpc.states, question, PATIENT);
  }

  @Post('run-batches')
  @HttpCode(202)
  async submitMany(@Body(bodyPipe) batch: SubmitManyRuns, @Req() request: HttpRequest): Promise<RunsAccepted> {
    for (const run of batch.runs) run.submittedBy ??= byOf(request);
    const runs: SubmitRun[] = [];
    for (const run of batch.runs) runs.push(await this.large.inputs(run));
    return this.rpc.call(OrchestratorRpc.submitMany, { runs }, PATIENT);
  }
}
