import {
  AddToBatch,
  type BatchAdded,
  type BatchHeard,
  type BatchLease,
  type BatchList,
  type BatchRequestPage,
  BatchRpc,
  LeaseBatch,
  ListBatches,
  ReadBatchRequests,
  SettleBatch,
  TellBatch,
} from '@aet/contracts';
import { Rpc } from '@aet/messaging';
import { Controller, UseGuards } from '@nestjs/common';
import { ManageBatches } from '../application/manage-batches.js';
import { RecordReadyGuard } from './record-ready.guard.js';

@Controller()
@UseGuards(RecordReadyGuard)
export class BatchesController {
  constructor(private readonly batches: ManageBatches) {}

  @Rpc(BatchRpc.add)
  add(request: AddToBatch): Promise<BatchAdded> {
    return this.batches.add(request);
  }

  @Rpc(BatchRpc.lease)
  lease({ provider }: LeaseBatch): Promise<BatchLease> {
    return this.batches.lease(provider);
  }

  @Rpc(BatchRpc.requests)
  requests(query: ReadBatchRequests): Promise<BatchRequestPage> {
    return this.batches.requests(query);
  }

  @Rpc(BatchRpc.tell)
  tell(news: TellBatch): Promise<BatchHeard> {
    return this.batches.tell(news);
  }

  @Rpc(BatchRpc.settle)
  settle(settled: SettleBatch): Promise<BatchHeard> {
    return this.batches.settle(settled);
  }

  @Rpc(BatchRpc.ls)
  list({ limit }: ListBatches): Promise<BatchList> {
    return this.batches.list(limit);
  }
}
