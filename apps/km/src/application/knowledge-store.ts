import type { KnowledgeStats, Search } from '@aet/contracts';
import type { Chunk, DocumentKind } from '../domain/chunk.js';

export interface ChunkedDocument {
  path: string;
  kind: DocumentKind;
  revision?: string;
  /** SHA-256 of the content, hex. */
  sha256: string;
  chunks: Chunk[];
}

export interface FoundChunk extends Chunk {
  path: string;
  kind: DocumentKind;
  score: number;
}

/** The knowledge of all projects. Each call sees one project and never another. A store that is away, or not yet ready, is `Unavailable`. */
export abstract class KnowledgeStore {
  /** Digest of each of these documents that is already there, by path. */
  abstract digests(project: string, paths: readonly string[]): Promise<Map<string, string>>;
  /** Replaces these documents with all their chunks and forgets the removed, in one transaction. @returns how many were removed */
  abstract replace(project: string, documents: readonly ChunkedDocument[], removed: readonly string[]): Promise<number>;
  /** The best chunks for the terms: those with all of them first. */
  abstract search(query: Omit<Search, 'query'> & { terms: readonly string[]; limit: number }): Promise<FoundChunk[]>;
  abstract stats(project: string): Promise<KnowledgeStats>;
}
