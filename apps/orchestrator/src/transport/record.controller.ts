import {
  type RebuildProgress,
  RebuildRecord,
  RecordRpc,
  RestoreArchived,
  type RestoredRuns,
  type SegmentDetails,
  type SegmentList,
  SegmentRef,
  type VerifyNews,
} from '@aet/contracts';
import { Rpc } from '@aet/messaging';
import { Controller, UseGuards } from '@nestjs/common';
import { KeepRecord } from '../application/keep-record.js';
import { RecordReadyGuard } from './record-ready.guard.js';

@Controller()
@UseGuards(RecordReadyGuard)
export class RecordController {
  constructor(private readonly record: KeepRecord) {}

  @Rpc(RecordRpc.rebuild)
  rebuild(request: RebuildRecord): AsyncGenerator<RebuildProgress, void, undefined> {
    return this.record.rebuild(request);
  }

  @Rpc(RecordRpc.verify)
  verify(): AsyncGenerator<VerifyNews, void, undefined> {
    return this.record.verify();
  }

  @Rpc(RecordRpc.segments)
  segments(): Promise<SegmentList> {
    return this.record.segments();
  }

  @Rpc(RecordRpc.segment)
  segment({ segment }: SegmentRef): Promise<SegmentDetails> {
    return this.record.segment(segment);
  }

  @Rpc(RecordRpc.restore)
  restore(request: RestoreArchived): Promise<RestoredRuns> {
    return this.record.restore(request);
  }
}
