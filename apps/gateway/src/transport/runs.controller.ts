import {
  ListRuns,
  OrchestratorRpc,
  type RunAccepted,
  RunId,
  type RunPage,
  type RunView,
  SubmitRun,
  type WorkflowList,
} from '@aet/contracts';
import { RpcClient } from '@aet/messaging';
import { Body, Controller, Get, HttpCode, Param, Post, Query, Req } from '@nestjs/common';
import { LargeInputs } from '../application/large-inputs.js';
import type { HttpRequest } from './http-types.js';
import { bodyPipe, textPipe } from './rest-validation.js';

@Controller('v1')
export class RunsController {
  constructor(
    private readonly rpc: RpcClient,
    private readonly large: LargeInputs,
  ) {}

  @Post('runs')
  @HttpCode(202)
  async submit(@Body(bodyPipe) run: SubmitRun, @Req() request: HttpRequest): Promise<RunAccepted> {
    run.submittedBy ??= request.proof === 'session' ? 'console' : 'api';
    return this.rpc.call(OrchestratorRpc.submit, await this.large.inputs(run));
  }

  @Get('runs')
  list(@Query(textPipe) query: ListRuns): Promise<RunPage> {
    return this.rpc.call(OrchestratorRpc.list, query);
  }

  @Get('runs/:runId')
  get(@Param(textPipe) path: RunId): Promise<RunView> {
    return this.rpc.call(OrchestratorRpc.get, path);
  }

  @Get('workflows')
  workflows(): Promise<WorkflowList> {
    return this.rpc.call(OrchestratorRpc.workflows, {});
  }
}
