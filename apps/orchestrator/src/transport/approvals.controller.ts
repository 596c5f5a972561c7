import { type ApprovalPage, ApprovalRpc, ListApprovals } from '@aet/contracts';
import { Rpc } from '@aet/messaging';
import { RunApprovals } from '@aet/persistence';
import { ServiceIdentity } from '@aet/service-kit';
import { Controller, UseGuards } from '@nestjs/common';
import { RecordReadyGuard } from './record-ready.guard.js';

/** What waits for a person. */
@Controller()
@UseGuards(RecordReadyGuard)
export class ApprovalsController {
  constructor(
    private readonly approvals: RunApprovals,
    private readonly identity: ServiceIdentity,
  ) {}

  @Rpc(ApprovalRpc.ls)
  list(query: ListApprovals): Promise<ApprovalPage> {
    return this.approvals.list(query, this.identity.cell);
  }
}
