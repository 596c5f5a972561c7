import type { Ingest, IngestDocument, IngestReport } from '@aet/contracts';
import { createHash } from 'node:crypto';
import { kindOf } from '../domain/chunk.js';
import { chunkDocument } from '../domain/chunk-document.js';
import type { KmObserver } from './km-observer.js';
import type { ChunkedDocument, KnowledgeStore } from './knowledge-store.js';

/** Takes documents in. The same content again changes nothing, so a repeated task is harmless. */
export class IngestDocuments {
  constructor(
    private readonly store: KnowledgeStore,
    private readonly observer: KmObserver,
  ) {}

  async ingest({ project, documents, removed = [] }: Ingest): Promise<IngestReport> {
    const latest = [...new Map(documents.map((document) => [document.path, document])).values()];
    const known = await this.store.digests(
      project,
      latest.map((document) => document.path),
    );
    const chunked = latest.map(chunk);
    const changed = chunked.filter((document) => known.get(document.path) !== document.sha256);
    const gone = await this.store.replace(project, changed, removed);
    const updated = changed.filter((document) => known.has(document.path)).length;
    const report = {
      added: changed.length - updated,
      updated,
      unchanged: chunked.length - changed.length,
      removed: gone,
      chunks: changed.reduce((sum, document) => sum + document.chunks.length, 0),
    };
    this.observer.ingested(report);
    return report;
  }
}

function chunk({ path, content, revision }: IngestDocument): ChunkedDocument {
  const kind = kindOf(path);
  // PostgreSQL's text cannot hold NUL; nobody searches for it.
  const text = content.replaceAll('\u0000', '');
  const sha256 = createHash('sha256').update(content).digest('hex');
  return { path, kind, sha256, chunks: chunkDocument(kind, text), ...(revision === undefined ? {} : { revision }) };
}
