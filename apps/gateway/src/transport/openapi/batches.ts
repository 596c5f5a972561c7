import { ListBatches } from '@aet/contracts';
import type { RouteDoc } from './routes.js';
import { count, listOf, object, oneOf, ref, type Schema, text, time } from './schema-parts.js';

export const BATCH_ROUTES: readonly RouteDoc[] = [
  {
    method: 'get',
    path: '/v1/batches',
    id: 'listBatches',
    tag: 'batches',
    summary: 'Batches of model requests, newest first.',
    query: ListBatches,
    status: 200,
    reply: 'BatchList',
    refusals: [400, 504],
  },
];

export const batchSchemas: Record<string, Schema> = {
  BatchView: object({
    batch: text,
    provider: text,
    state: oneOf(['formed', 'submitting', 'submitted', 'ended']),
    'providerBatch?': text,
    requests: count,
    bytes: count,
    settled: object({ done: count, single: count }),
    createdAt: time,
    'submittedAt?': time,
    'endedAt?': time,
    'message?': text,
  }),
  BatchList: object({ waiting: count, batches: listOf(ref('BatchView')) }),
};
