import { ConfigSource } from '@aet/config';
import { ServiceDatabase } from '@aet/persistence';
import { DrainSequence, HealthBoard } from '@aet/service-kit';
import { Module } from '@nestjs/common';
import { KM_METRICS } from './adapters/km-metrics.js';
import { KNOWLEDGE_TABLES } from './adapters/knowledge-tables.js';
import { PostgresKnowledgeStore } from './adapters/postgres-knowledge-store.js';
import { IngestDocuments } from './application/ingest-documents.js';
import { KmObserver } from './application/km-observer.js';
import { KnowledgeStore } from './application/knowledge-store.js';
import { SearchKnowledge } from './application/search-knowledge.js';
import { KmController } from './transport/km.controller.js';

@Module({
  controllers: [KmController],
  providers: [
    ...KM_METRICS,
    {
      provide: ServiceDatabase,
      inject: [ConfigSource, HealthBoard, DrainSequence],
      useFactory: ({ config }: ConfigSource, health: HealthBoard, drain: DrainSequence) => {
        const database = new ServiceDatabase(config.database, KNOWLEDGE_TABLES, {
          unusable: (reason) => health.report('database', reason, { unready: true }),
          usable: () => health.clear('database'),
        });
        drain.on('finish', () => database.stop());
        database.start();
        return database;
      },
    },
    {
      provide: KnowledgeStore,
      inject: [ServiceDatabase],
      useFactory: (database: ServiceDatabase) => new PostgresKnowledgeStore(database),
    },
    {
      provide: IngestDocuments,
      inject: [KnowledgeStore, KmObserver],
      useFactory: (store: KnowledgeStore, observer: KmObserver) => new IngestDocuments(store, observer),
    },
    {
      provide: SearchKnowledge,
      inject: [KnowledgeStore, KmObserver],
      useFactory: (store: KnowledgeStore, observer: KmObserver) => new SearchKnowledge(store, observer),
    },
  ],
})
export class KmModule {}
