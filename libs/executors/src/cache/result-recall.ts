import type { CachedCandidate, CachedFrom, FileHashes, TaskMessage, Usage } from '@aet/contracts';
import { toErrorBody } from '@aet/contracts';
import type { AgentDefinition } from '../domain/agent-definition.js';
import type { Ending } from '../run-executor.js';
import { agentVersion, cacheKey, canonicalJson } from './cache-key.js';

/** So much cannot be hashed for every attempt: the result is not cached. */
export class TooMuchToRead extends Error {}

/** Content of files, by path from a base folder. @throws {TooMuchToRead} */
export interface FileContent {
  matching(base: string, globs: readonly string[]): Promise<FileHashes>;
  of(base: string, paths: readonly string[]): Promise<FileHashes>;
  changedSince(base: string, paths: readonly string[], time: Date): Promise<boolean>;
}

/** Kept results, in the cell that owns the run. */
export interface KeptResults {
  find(cell: string, key: string, ttlMs: number | undefined): Promise<readonly CachedCandidate[]>;
  take(cell: string, key: string, filesHash: string): Promise<{ output: unknown; from: CachedFrom } | undefined>;
  keep(task: TaskMessage, agent: string, result: KeptResult): Promise<void>;
}
export interface KeptResult {
  key: string;
  agentVersion: string;
  files: FileHashes;
  durationMs: number;
  usage?: Usage;
}

/** What became of a task that may be taken from an earlier result. */
export type RecallOutcome = 'hit' | 'miss' | 'kept' | 'unusable';

export interface RecallParts {
  kept: KeptResults;
  content: FileContent;
  /** Base of files when the input names no `repo`. */
  project: string;
  /** Version of this host's program: another one may do a task otherwise. */
  version: string;
  count: (outcome: RecallOutcome) => void;
  now: () => Date;
}

/** Takes a task's result from an earlier attempt with the same content, or has it executed and keeps it. That something cannot be cached never fails the task. */
export class ResultRecall {
  constructor(private readonly parts: RecallParts) {}

  async through(
    task: TaskMessage,
    agent: AgentDefinition,
    say: (message: string) => void,
    execute: () => Promise<Ending>,
  ): Promise<Ending> {
    const key = task.cache === undefined ? undefined : await this.attempt(say, () => this.keyOf(task, agent));
    if (key === undefined) return withoutReads(await execute());
    const hit = await this.attempt(say, () => this.find(task, key));
    this.parts.count(hit === undefined ? 'miss' : 'hit');
    if (hit !== undefined) return { status: 'completed', output: hit.output, cached: hit.from };
    const startedAt = this.parts.now();
    const ending = await execute();
    if (ending.status === 'completed') await this.attempt(say, () => this.keep(task, agent, key, ending, startedAt));
    return withoutReads(ending);
  }

  private async keyOf(task: TaskMessage, agent: AgentDefinition): Promise<string> {
    const globs = task.cache?.files;
    const files = globs === undefined ? undefined : await this.parts.content.matching(this.baseOf(task), globs);
    return cacheKey(task, agent, this.parts.version, files);
  }

  private async find(task: TaskMessage, key: string): Promise<{ output: unknown; from: CachedFrom } | undefined> {
    const { kept, content } = this.parts;
    for (const { files, filesHash } of await kept.find(task.cell, key, task.cache?.ttlMs)) {
      const now = await content.of(this.baseOf(task), Object.keys(files));
      if (canonicalJson(now) !== canonicalJson(files)) continue;
      const hit = await kept.take(task.cell, key, filesHash);
      if (hit !== undefined) return hit;
    }
    return undefined;
  }

  /** A file that changed while it was read may have been read before or after: then nothing is kept. */
  private async keep(
    task: TaskMessage,
    agent: AgentDefinition,
    key: string,
    { reads = [], usage }: Extract<Ending, { status: 'completed' }>,
    startedAt: Date,
  ): Promise<void> {
    const { content, kept, now, count } = this.parts;
    const base = this.baseOf(task);
    const files = await content.of(base, reads);
    const changed = (await this.keyOf(task, agent)) !== key || (await content.changedSince(base, Object.keys(files), startedAt));
    if (changed) throw new TooMuchToRead('files that it rests on changed while it was made');
    const durationMs = now().getTime() - startedAt.getTime();
    const version = agentVersion(agent);
    await kept.keep(task, agent.name, {
      key,
      agentVersion: version,
      files,
      durationMs,
      ...(usage === undefined ? {} : { usage }),
    });
    count('kept');
  }

  private baseOf({ input }: TaskMessage): string {
    const repo = typeof input === 'object' && input !== null && 'repo' in input ? input.repo : undefined;
    return typeof repo === 'string' && repo.startsWith('/') ? repo : this.parts.project;
  }

  private async attempt<T>(say: (message: string) => void, act: () => Promise<T>): Promise<T | undefined> {
    try {
      return await act();
    } catch (error) {
      this.parts.count('unusable');
      say(`no earlier result is used, and none is kept: ${toErrorBody(error).message}`);
      return undefined;
    }
  }
}

function withoutReads(ending: Ending): Ending {
  if (ending.status !== 'completed') return ending;
  const { reads: _reads, ...told } = ending;
  return told;
}
