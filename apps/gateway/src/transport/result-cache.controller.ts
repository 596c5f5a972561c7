import {
  type CachedDetail,
  type CachedDropped,
  type CachedList,
  CacheRpc,
  DropCached,
  ListCached,
  ShowCached,
} from '@aet/contracts';
import { RpcClient } from '@aet/messaging';
import { Controller, Delete, Get, Param, Query, Req } from '@nestjs/common';
import type { HttpRequest } from './http-types.js';
import { textPipe } from './rest-validation.js';

/** An operator waits rather than asks again: what was said may have been done. Milliseconds. */
const PATIENT = { timeoutMs: 12_000 };

/** Results that other attempts may take. */
@Controller('v1/cache')
export class ResultCacheController {
  constructor(private readonly rpc: RpcClient) {}

  @Get()
  list(@Query(textPipe) query: ListCached): Promise<CachedList> {
    return this.rpc.call(CacheRpc.ls, query, PATIENT);
  }

  @Get(':key')
  show(@Param(textPipe) path: ShowCached): Promise<CachedDetail> {
    return this.rpc.call(CacheRpc.show, path, PATIENT);
  }

  @Delete()
  drop(@Query(textPipe) query: DropCached, @Req() { proof }: HttpRequest): Promise<CachedDropped> {
    query.by ??= proof === 'session' ? 'console' : 'api';
    return this.rpc.call(CacheRpc.drop, query, PATIENT);
  }
}
