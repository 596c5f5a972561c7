import type { Search, SearchHit, SearchResult } from '@aet/contracts';
import { searchTerms } from '../domain/search-terms.js';
import { snippet } from '../domain/snippet.js';
import type { KmObserver } from './km-observer.js';
import type { FoundChunk, KnowledgeStore } from './knowledge-store.js';

const DEFAULT_LIMIT = 10;

/** Finds chunks and cites the lines that match. */
export class SearchKnowledge {
  constructor(
    private readonly store: KnowledgeStore,
    private readonly observer: KmObserver,
  ) {}

  async search({ query, limit = DEFAULT_LIMIT, ...scope }: Search): Promise<SearchResult> {
    const terms = searchTerms(query);
    if (terms.length === 0) return { hits: [] };
    const begun = performance.now();
    const found = await this.store.search({ ...scope, terms, limit });
    this.observer.searched((performance.now() - begun) / 1000);
    return { hits: found.map((chunk) => hit(chunk, terms)) };
  }
}

function hit({ path, kind, title, score, text, startLine }: FoundChunk, terms: readonly string[]): SearchHit {
  return { path, kind, score, ...snippet(text, startLine, terms), ...(title === undefined ? {} : { title }) };
}
