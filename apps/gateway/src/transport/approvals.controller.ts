import { type ApprovalPage, ApprovalRpc, ListApprovals } from '@aet/contracts';
import { RpcClient } from '@aet/messaging';
import { Controller, Get, Query } from '@nestjs/common';
import { textPipe } from './rest-validation.js';

/** What waits for a person, across runs. */
@Controller('v1/approvals')
export class ApprovalsController {
  constructor(private readonly rpc: RpcClient) {}

  @Get()
  list(@Query(textPipe) query: ListApprovals): Promise<ApprovalPage> {
    return this.rpc.call(ApprovalRpc.ls, query);
  }
}
