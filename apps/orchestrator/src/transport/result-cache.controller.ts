import {
  type CachedCandidates,
  type CachedDetail,
  type CachedDropped,
  type CachedList,
  type CachedResult,
  CacheRpc,
  DropCached,
  FindCached,
  KeepCached,
  type Kept,
  ListCached,
  ShowCached,
  TakeCached,
} from '@aet/contracts';
import { Rpc } from '@aet/messaging';
import { Controller, UseGuards } from '@nestjs/common';
import { ManageResults } from '../application/manage-results.js';
import { RecordReadyGuard } from './record-ready.guard.js';

@Controller()
@UseGuards(RecordReadyGuard)
export class ResultCacheController {
  constructor(private readonly results: ManageResults) {}

  @Rpc(CacheRpc.find)
  find(request: FindCached): Promise<CachedCandidates> {
    return this.results.find(request);
  }

  @Rpc(CacheRpc.take)
  take(request: TakeCached): Promise<CachedResult> {
    return this.results.take(request);
  }

  @Rpc(CacheRpc.keep)
  keep(request: KeepCached): Promise<Kept> {
    return this.results.keep(request);
  }

  @Rpc(CacheRpc.ls)
  list(request: ListCached): Promise<CachedList> {
    return this.results.list(request);
  }

  @Rpc(CacheRpc.show)
  show({ key }: ShowCached): Promise<CachedDetail> {
    return this.results.show(key);
  }

  @Rpc(CacheRpc.drop)
  drop(request: DropCached): Promise<CachedDropped> {
    return this.results.drop(request);
  }
}
