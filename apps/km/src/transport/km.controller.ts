import { Ingest, type IngestReport, KmRpc, type KnowledgeStats, ProjectScoped, Search, type SearchResult } from '@aet/contracts';
import { Rpc } from '@aet/messaging';
import { Controller } from '@nestjs/common';
import { IngestDocuments } from '../application/ingest-documents.js';
import { KnowledgeStore } from '../application/knowledge-store.js';
import { SearchKnowledge } from '../application/search-knowledge.js';

@Controller()
export class KmController {
  constructor(
    private readonly store: KnowledgeStore,
    private readonly ingestion: IngestDocuments,
    private readonly knowledge: SearchKnowledge,
  ) {}

  @Rpc(KmRpc.ingest)
  ingest(request: Ingest): Promise<IngestReport> {
    return this.ingestion.ingest(request);
  }

  @Rpc(KmRpc.search)
  search(request: Search): Promise<SearchResult> {
    return this.knowledge.search(request);
  }

  @Rpc(KmRpc.stats)
  stats({ project }: ProjectScoped): Promise<KnowledgeStats> {
    return this.store.stats(project);
  }
}
