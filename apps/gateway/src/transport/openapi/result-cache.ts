import { DropCached, ListCached, ShowCached } from '@aet/contracts';
import type { RouteDoc } from './routes.js';
import { anyObject, anything, count, listOf, object, ref, type Schema, text, time } from './schema-parts.js';

export const CACHE_ROUTES: readonly RouteDoc[] = [
  {
    method: 'get',
    path: '/v1/cache',
    id: 'listCachedResults',
    tag: 'cache',
    summary: 'Kept results, last used first.',
    query: ListCached,
    status: 200,
    reply: 'CachedList',
    refusals: [400, 504],
  },
  {
    method: 'get',
    path: '/v1/cache/{key}',
    id: 'getCachedResult',
    tag: 'cache',
    summary: 'A kept result with its files; the beginning of its key is enough.',
    pathClass: ShowCached,
    status: 200,
    reply: 'CachedDetail',
    refusals: [400, 404, 409, 504],
  },
  {
    method: 'delete',
    path: '/v1/cache',
    id: 'dropCachedResults',
    tag: 'cache',
    summary: 'Forgets kept results; who did it and why is recorded.',
    query: DropCached,
    status: 200,
    reply: 'CachedDropped',
    refusals: [400, 504],
  },
];

const view = {
  key: text,
  filesHash: text,
  capability: text,
  workflow: text,
  agent: text,
  agentVersion: text,
  from: object({ runId: text, step: text, at: time }, 'The attempt that made it.'),
  bytes: count,
  hits: count,
  usedAt: time,
  durationMs: count,
  'usage?': anyObject,
};
export const cacheSchemas: Record<string, Schema> = {
  CachedView: object(view),
  CachedList: object({
    results: listOf(ref('CachedView')),
    total: object({ results: count, bytes: count, maxBytes: count }),
  }),
  CachedDetail: object({ ...view, files: anyObject, 'output?': anything }),
  CachedDropped: object({ dropped: count }),
};
