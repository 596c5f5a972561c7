import type { KnowledgeStats } from '@aet/contracts';
import { databaseError, type ServiceDatabase } from '@aet/persistence';
import type { PoolClient } from 'pg';
import { type ChunkedDocument, type FoundChunk, KnowledgeStore } from '../application/knowledge-store.js';
import { wordsOf } from '../domain/search-terms.js';

/** A service that starts is ready soon: a caller waits this long before it hears `Unavailable`. Milliseconds. */
const PATIENCE_MS = 2_000;

const DIGESTS = 'SELECT path, sha256 FROM km.document WHERE project = $1 AND path = ANY($2)';

const UPSERT_DOCUMENTS = `
  INSERT INTO km.document (project, path, kind, revision, sha256)
  SELECT $1, d.path, d.kind, d.revision, d.sha256
  FROM unnest($2::text[], $3::text[], $4::text[], $5::text[]) AS d (path, kind, revision, sha256)
  ORDER BY d.path
  ON CONFLICT (project, path) DO UPDATE
    SET kind = excluded.kind, revision = excluded.revision, sha256 = excluded.sha256, updated_at = now()
  RETURNING id, path`;

const DELETE_CHUNKS = 'DELETE FROM km.chunk WHERE document_id = ANY($1)';

/** The title's words weigh more (A) than the body's (B): a section is about its heading. */
const INSERT_CHUNKS = `
  INSERT INTO km.chunk (document_id, ordinal, start_line, end_line, title, body, words)
  SELECT c.document_id, c.ordinal, c.start_line, c.end_line, c.title, c.body,
         setweight(to_tsvector('english', c.title_words), 'A') || setweight(to_tsvector('english', c.body_words), 'B')
  FROM unnest($1::bigint[], $2::int[], $3::int[], $4::int[], $5::text[], $6::text[], $7::text[], $8::text[])
    AS c (document_id, ordinal, start_line, end_line, title, body, title_words, body_words)`;

const DELETE_DOCUMENTS = 'DELETE FROM km.document WHERE project = $1 AND path = ANY($2)';

/**
 * A chunk needs one of the terms to be found; having more of them ranks higher, and having all of them highest.
 * `ts_rank` with 1: long chunks do not win by length. The path breaks ties, so that the same question gets the same answer.
 */
const SEARCH = `
  WITH asked AS (
    SELECT replace(plainto_tsquery('english', $2)::text, '&', '|')::tsquery AS any_of, plainto_tsquery('english', $2) AS all_of
  )
  SELECT d.path, d.kind, c.start_line AS "startLine", c.end_line AS "endLine", c.title, c.body AS text,
         ts_rank(c.words, asked.any_of, 1) + CASE WHEN c.words @@ asked.all_of THEN 1 ELSE 0 END AS score
  FROM asked, km.chunk c JOIN km.document d ON d.id = c.document_id
  WHERE d.project = $1 AND c.words @@ asked.any_of
    AND ($3::text IS NULL OR starts_with(d.path, $3)) AND ($4::text IS NULL OR d.kind = $4)
  ORDER BY score DESC, d.path, c.ordinal
  LIMIT $5`;

const STATS = `
  SELECT count(DISTINCT d.id)::int AS documents, count(c.ordinal)::int AS chunks, max(d.updated_at) AS updated
  FROM km.document d LEFT JOIN km.chunk c ON c.document_id = d.id WHERE d.project = $1`;

interface FoundRow extends Omit<FoundChunk, 'title'> {
  title: string | null;
}

/** Knowledge in PostgreSQL. A lost database is `Unavailable`. */
export class PostgresKnowledgeStore extends KnowledgeStore {
  constructor(private readonly database: Pick<ServiceDatabase, 'pool' | 'assertReady'>) {
    super();
  }

  digests(project: string, paths: readonly string[]): Promise<Map<string, string>> {
    return this.guarded('reading documents', async () => {
      const { rows } = await this.database.pool.query<{ path: string; sha256: string }>(DIGESTS, [project, paths]);
      return new Map(rows.map(({ path, sha256 }) => [path, sha256]));
    });
  }

  replace(project: string, documents: readonly ChunkedDocument[], removed: readonly string[]): Promise<number> {
    if (documents.length === 0 && removed.length === 0) return Promise.resolve(0);
    return this.guarded('storing documents', () => this.transaction((client) => replaceAll(client, project, documents, removed)));
  }

  search(query: Parameters<KnowledgeStore['search']>[0]): Promise<FoundChunk[]> {
    const { project, terms, pathPrefix = null, kind = null, limit } = query;
    return this.guarded('searching', async () => {
      const { rows } = await this.database.pool.query<FoundRow>({
        name: 'km-search',
        text: SEARCH,
        values: [project, terms.join(' '), pathPrefix, kind, limit],
      });
      return rows.map(({ title, ...row }) => (title === null ? row : { ...row, title }));
    });
  }

  stats(project: string): Promise<KnowledgeStats> {
    return this.guarded('counting', async () => {
      const { rows } = await this.database.pool.query<{ documents: number; chunks: number; updated: Date | null }>(STATS, [
        project,
      ]);
      const { documents = 0, chunks = 0, updated = null } = rows[0] ?? {};
      return { project, documents, chunks, ...(updated === null ? {} : { updatedAt: updated.toISOString() }) };
    });
  }

  private async guarded<T>(doing: string, work: () => Promise<T>): Promise<T> {
    await this.database.assertReady(PATIENCE_MS);
    try {
      return await work();
    } catch (error) {
      throw databaseError(error, `km: ${doing}`);
    }
  }

  private async transaction<T>(work: (client: PoolClient) => Promise<T>): Promise<T> {
    const client = await this.database.pool.connect();
    let broken = true;
    try {
      await client.query('BEGIN');
      const result = await work(client);
      await client.query('COMMIT');
      broken = false;
      return result;
    } finally {
      // A connection that failed in the middle is not used again: whatever it had open goes with it.
      client.release(broken);
    }
  }
}

async function replaceAll(
  client: PoolClient,
  project: string,
  documents: readonly ChunkedDocument[],
  removed: readonly string[],
): Promise<number> {
  const ids = await upsert(client, project, documents);
  await client.query(DELETE_CHUNKS, [[...ids.values()]]);
  const rows = documents.flatMap((document) =>
    document.chunks.map((chunk, ordinal) => ({ ...chunk, ordinal, id: ids.get(document.path), path: document.path })),
  );
  await client.query(INSERT_CHUNKS, [
    rows.map((row) => row.id),
    rows.map((row) => row.ordinal),
    rows.map((row) => row.startLine),
    rows.map((row) => row.endLine),
    rows.map((row) => row.title ?? null),
    rows.map((row) => row.text),
    rows.map((row) => wordsOf(`${row.title ?? ''} ${row.path}`).join(' ')),
    rows.map((row) => wordsOf(row.text).join(' ')),
  ]);
  const gone = await client.query(DELETE_DOCUMENTS, [project, removed]);
  return gone.rowCount ?? 0;
}

async function upsert(client: PoolClient, project: string, documents: readonly ChunkedDocument[]): Promise<Map<string, string>> {
  const { rows } = await client.query<{ id: string; path: string }>(UPSERT_DOCUMENTS, [
    project,
    documents.map((document) => document.path),
    documents.map((document) => document.kind),
    documents.map((document) => document.revision ?? null),
    documents.map((document) => document.sha256),
  ]);
  return new Map(rows.map(({ id, path }) => [path, id]));
}
