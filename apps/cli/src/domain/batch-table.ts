import type { BatchList } from '@aet/contracts';
import { table } from './table.js';

export function batchTable({ waiting, batches }: BatchList): string[] {
  const rows = batches.map((one) => [
    one.createdAt,
    one.state,
    one.provider,
    one.providerBatch ?? '',
    String(one.requests),
    String(one.settled.done),
    String(one.settled.single),
    one.message ?? '',
  ]);
  const head = ['formed', 'state', 'provider', 'its id', 'requests', 'done', 'single', 'message'];
  return [
    ...(rows.length === 0 ? ['no batches'] : table(head, rows, new Set([4, 5, 6]))),
    `${waiting} requests wait for a batch`,
  ];
}
