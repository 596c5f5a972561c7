import type { FileHashes, TaskMessage } from '@aet/contracts';
import { createHash } from 'node:crypto';
import type { AgentDefinition } from '../domain/agent-definition.js';

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/** JSON with the keys of every object in order: the same value is the same text. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const fields = Object.entries(value)
    .filter(([, inner]) => inner !== undefined)
    .toSorted(([a], [b]) => (a < b ? -1 : 1));
  return `{${fields.map(([name, inner]) => `${JSON.stringify(name)}:${canonicalJson(inner)}`).join(',')}}`;
}

/** The agent's own version, else what its file says: any change of it is another version. */
export function agentVersion({ version, source: _source, ...rest }: AgentDefinition): string {
  return version ?? `sha256:${sha256(canonicalJson(rest)).slice(0, 32)}`;
}

/**
 * What makes two attempts the same: a hash, from which neither input nor path can be read.
 * @param files those that the step's rule names, as they are now; undefined: it names none
 * @param host version of what executes it
 */
export function cacheKey(task: TaskMessage, agent: AgentDefinition, host: string, files: FileHashes | undefined): string {
  const { capability, input, cache } = task;
  const same = cache?.key === undefined ? { input } : { key: cache.key };
  return sha256(canonicalJson(['aet/result.v1', capability, same, agent.name, agentVersion(agent), host, files ?? null]));
}
