import { mkdtempSync, rmSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ReviewRange } from '../src/domain/skills/range/review-range.js';
import type { AttemptServices } from '../src/domain/executor.js';
import type { Skill, SkillContext } from '../src/domain/skill.js';
import { GitRangeSkill } from '../src/adapters/skills/git-range.skill.js';

/** Runs skills as an executor would, with a knowledge service and an artifact store in memory. */
export class SkillBench implements Disposable {
  readonly documents = new Map<string, string>();
  readonly artifacts = new Map<string, { text: string; mediaType: string }>();
  readonly logs: string[] = [];
  readonly queries: string[] = [];
  readonly abort = new AbortController();
  private readonly folders: string[] = [];

  context(): SkillContext {
    const workDir = mkdtempSync(join(tmpdir(), 'aet-attempt-'));
    this.folders.push(workDir);
    return {
      runId: '0190a000-0000-7000-8000-000000000000',
      signal: this.abort.signal,
      workDir,
      services: this.services(),
      log: (message) => this.logs.push(message),
      progress: () => undefined,
      save: () => undefined,
    };
  }

  run<In, Out>(skill: Skill<In, Out>, input: In): Promise<Out> {
    return skill.run(input, this.context());
  }

  range(repo: string, range?: string): Promise<ReviewRange> {
    return this.run(new GitRangeSkill(), range === undefined ? { repo } : { repo, range });
  }

  private services(): AttemptServices {
    return {
      ingest: (_project, documents, removed) => {
        for (const document of documents) this.documents.set(document.path, document.content);
        for (const path of removed) this.documents.delete(path);
        const counts = { added: documents.length, updated: 0, unchanged: 0, removed: removed.length, chunks: documents.length };
        return Promise.resolve(counts);
      },
      search: (_project, query, limit) => {
        this.queries.push(query);
        const words = query.toLowerCase().split(/\s+/);
        const hits = [...this.documents]
          .filter(([path]) => words.some((word) => path.toLowerCase().includes(word)))
          .map(([path, content]) => ({ path, startLine: 1, endLine: content.split('\n').length, snippet: content.slice(0, 80) }));
        return Promise.resolve(hits.slice(0, limit));
      },
      putArtifact: (_runId, name, content, mediaType) => {
        this.artifacts.set(name, { text: new TextDecoder().decode(content), mediaType });
        const sha256 = createHash('sha256').update(content).digest('hex');
        return Promise.resolve({ name, sha256, bytes: content.length, mediaType });
      },
      defer: () => Promise.resolve({ state: 'single' }),
      effect: () => Promise.reject(new Error('no skill here has an effect')),
    };
  }

  [Symbol.dispose](): void {
    for (const folder of this.folders) rmSync(folder, { recursive: true, force: true });
  }
}
