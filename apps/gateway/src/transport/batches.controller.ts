import { type BatchList, BatchRpc, ListBatches } from '@aet/contracts';
import { RpcClient } from '@aet/messaging';
import { Controller, Get, Query } from '@nestjs/common';
import { textPipe } from './rest-validation.js';

/** Batches of model requests. */
@Controller('v1/batches')
export class BatchesController {
  constructor(private readonly rpc: RpcClient) {}

  @Get()
  list(@Query(textPipe) query: ListBatches): Promise<BatchList> {
    return this.rpc.call(BatchRpc.ls, query);
  }
}
