import type { AetConfig } from '@aet/config';
import { Unavailable } from '@aet/contracts';
import { ServiceDatabase } from '@aet/persistence';
import { PostgresTestServer } from '@aet/persistence/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { KNOWLEDGE_TABLES } from '../src/adapters/knowledge-tables.js';
import { PostgresKnowledgeStore } from '../src/adapters/postgres-knowledge-store.js';
import { IngestDocuments } from '../src/application/ingest-documents.js';
import { SearchKnowledge } from '../src/application/search-knowledge.js';

let server: PostgresTestServer;
let database: ServiceDatabase;

/** Resolves when the tables are there. */
function open(config: AetConfig['database']): Promise<ServiceDatabase> {
  return new Promise((resolve) => {
    const opened = new ServiceDatabase(config, KNOWLEDGE_TABLES, { unusable: () => undefined, usable: () => resolve(opened) });
    opened.start();
  });
}

beforeAll(async () => {
  server = await PostgresTestServer.start();
  database = await open(server.config);
});
afterAll(async () => {
  await database.stop();
  await server.stop();
});

const silent = { ingested: () => undefined, searched: () => undefined };
const knowledge = () => {
  const store = new PostgresKnowledgeStore(database);
  return { store, ingestion: new IngestDocuments(store, silent), searching: new SearchKnowledge(store, silent) };
};
beforeEach(() => database.pool.query('TRUNCATE km.document CASCADE'));

const guide = {
  path: 'docs/leases.md',
  content: '# Leases\n\nA lease ends by itself when its holder stops renewing.\n\n## Fencing\n\nEvery write carries a token.\n',
};
const code = { path: 'src/lease.ts', content: '/** Renews. */\nexport function renewLease(id: string) {\n  return id;\n}\n' };
const other = { path: 'docs/ports.md', content: '# Ports\n\nPorts come from the allocator.\n' };

describe('knowledge', () => {
  it('is found by words, by parts of identifiers and by stems, and cited by line', async () => {
    const { ingestion, searching } = knowledge();
    await ingestion.ingest({ project: 'p', documents: [guide, code, other] });
    const { hits } = await searching.search({ project: 'p', query: 'renewing a lease' });
    expect([...new Set(hits.map(({ path }) => path))].toSorted()).toEqual(['docs/leases.md', 'src/lease.ts']);
    const [fencing] = (await searching.search({ project: 'p', query: 'fencing token' })).hits;
    expect(fencing).toMatchObject({
      path: 'docs/leases.md',
      title: 'Leases › Fencing',
      snippet: expect.stringContaining('carries a token') as string,
    });
    expect(
      guide.content
        .split('\n')
        .slice((fencing?.startLine ?? 0) - 1, fencing?.endLine)
        .join('\n'),
    ).toBe(fencing?.snippet);
  });

  it('puts a chunk with all the words before those with some', async () => {
    const { ingestion, searching } = knowledge();
    await ingestion.ingest({
      project: 'p',
      documents: [
        { path: 'a.md', content: 'apple apple apple apple' },
        { path: 'b.md', content: 'apple and a pear' },
      ],
    });
    expect((await searching.search({ project: 'p', query: 'apple pear' })).hits.map(({ path }) => path)).toEqual([
      'b.md',
      'a.md',
    ]);
  });

  it('is filtered by kind and path, and limited', async () => {
    const { ingestion, searching } = knowledge();
    await ingestion.ingest({ project: 'p', documents: [guide, code] });
    const paths = async (filter: object) =>
      (await searching.search({ project: 'p', query: 'lease', ...filter })).hits.map(({ path }) => path);
    expect(await paths({ kind: 'code' })).toEqual(['src/lease.ts']);
    expect(new Set(await paths({ pathPrefix: 'docs/' }))).toEqual(new Set(['docs/leases.md']));
    expect((await paths({ limit: 1 })).length).toBe(1);
    expect(await paths({ query: '!?' })).toEqual([]);
  });

  it('is taken in once: the same content is unchanged, another replaces it, a removed path is gone', async () => {
    const { ingestion, searching, store } = knowledge();
    expect(await ingestion.ingest({ project: 'p', documents: [guide, other] })).toMatchObject({ added: 2, unchanged: 0 });
    expect(await ingestion.ingest({ project: 'p', documents: [guide] })).toEqual({
      added: 0,
      updated: 0,
      unchanged: 1,
      removed: 0,
      chunks: 0,
    });
    const changed = { ...guide, content: 'Nothing about that word.' };
    expect(await ingestion.ingest({ project: 'p', documents: [changed], removed: [other.path, 'never/there'] })).toMatchObject({
      updated: 1,
      removed: 1,
    });
    expect((await searching.search({ project: 'p', query: 'lease' })).hits).toMatchObject([
      { path: 'docs/leases.md', snippet: changed.content },
    ]);
    expect((await searching.search({ project: 'p', query: 'allocator' })).hits).toEqual([]);
    expect(await store.stats('p')).toMatchObject({ documents: 1, chunks: 1 });
  });

  it('of one project is never seen by another', async () => {
    const { ingestion, searching, store } = knowledge();
    await ingestion.ingest({ project: 'p', documents: [guide] });
    expect((await searching.search({ project: 'q', query: 'lease' })).hits).toEqual([]);
    expect(await ingestion.ingest({ project: 'q', documents: [], removed: [guide.path] })).toMatchObject({ removed: 0 });
    expect(await store.stats('p')).toMatchObject({ documents: 1 });
  });

  it('survives odd documents: empty, NUL, one endless line, quotes in a query', async () => {
    const { ingestion, searching } = knowledge();
    const documents = [
      { path: 'empty', content: '' },
      { path: 'nul.txt', content: 'before\u0000after' },
      { path: 'long.txt', content: 'word '.repeat(50_000) },
    ];
    expect(await ingestion.ingest({ project: 'p', documents })).toMatchObject({ added: 3 });
    expect(
      (await searching.search({ project: 'p', query: `it's "a word" & (b | c) :* \\` })).hits.map(({ path }) => path),
    ).toEqual(['long.txt']);
  });
});

describe('the database', () => {
  it('being away is told as such, and the knowledge is there again when it is back', async () => {
    const { ingestion, searching } = knowledge();
    await ingestion.ingest({ project: 'p', documents: [guide] });
    await server.kill();
    await expect(searching.search({ project: 'p', query: 'lease' })).rejects.toThrow(Unavailable);
    await server.restart();
    await expect
      .poll(
        () =>
          searching.search({ project: 'p', query: 'lease' }).then(
            ({ hits }) => hits.length,
            () => 0,
          ),
        { timeout: 20_000 },
      )
      .toBeGreaterThan(0);
  });

  it('that is not there yet is waited for, with the reason', async () => {
    const reasons: string[] = [];
    const away = new ServiceDatabase({ ...server.config, port: 1 }, KNOWLEDGE_TABLES, {
      unusable: (reason) => reasons.push(reason),
      usable: () => reasons.push('usable'),
    });
    away.start();
    await expect.poll(() => reasons.at(-1)).toMatch(/ECONNREFUSED|connect/);
    await expect(new PostgresKnowledgeStore(away).stats('p')).rejects.toThrow('not ready yet');
    await away.stop();
  });
});
