import { KmRpc, type SearchResult } from '@aet/contracts';
import { RpcClient } from '@aet/messaging';
import { Controller, Get, Query } from '@nestjs/common';
import { KnowledgeQuery } from './queries.js';
import { textPipe } from './rest-validation.js';

@Controller('v1/knowledge')
export class KnowledgeController {
  constructor(private readonly rpc: RpcClient) {}

  @Get('search')
  search(@Query(textPipe) { q, ...rest }: KnowledgeQuery): Promise<SearchResult> {
    return this.rpc.call(KmRpc.search, { ...rest, query: q });
  }
}
