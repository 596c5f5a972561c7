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
import type { HttpRequest } from './http-types.js';
import { bodyPipe, textPipe } from './rest-validation.js';

@Controller('v1')
export class RunsController {
  constructor(private readonly rpc: RpcClient) {}

  @Post('runs')
  @HttpCode(202)
  submit(@Body(bodyPipe) run: SubmitRun, @Req() request: HttpRequest): Promise<RunAccepted> {
    run.submittedBy ??= request.proof === 'session' ? 'console' : 'api';
    return this.rpc.call(OrchestratorRpc.submit, run);
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
