import type { BatchRequestPage, BatchState, BatchView, BatchWork } from '@aet/contracts';

export interface DueRow {
  id: string;
  state: BatchState;
  provider_batch: string | null;
  not_ours: string[];
  requests: number;
  submitting_at: Date | null;
  wanted: number;
}
export interface RequestRow {
  id: string;
  run_id: string;
  step: string;
  item: number;
  attempt: number;
  epoch: number;
  agent: string;
  added_at: Date;
  bytes: number;
  request?: object | null;
}
export interface BatchRow {
  id: string;
  provider: string;
  state: BatchState;
  provider_batch: string | null;
  requests: number;
  /** `bigint`. */
  bytes: string;
  created_at: Date;
  submitted_at: Date | null;
  ended_at: Date | null;
  message: string | null;
  done: number;
  single: number;
}

/** A page must fit into one message of 1 MiB. The first request always goes: it came in one. */
const PAGE_BYTES = 640 * 1024;
/** A request's reference as JSON. */
const REF_BYTES = 400;

const KIND = { formed: 'submit', submitting: 'doubt', submitted: 'poll', ended: 'poll' } as const;

export const workOf = (row: DueRow, lease: string): BatchWork => ({
  batch: row.id,
  lease,
  requests: row.requests,
  wanted: row.wanted,
  kind: KIND[row.state],
  notOurs: row.not_ours,
  ...(row.submitting_at === null ? {} : { submittingAt: row.submitting_at.toISOString() }),
  ...(row.provider_batch === null ? {} : { providerBatch: row.provider_batch }),
});

/** As many rows as fit. @param limit so many rows were asked for: fewer are the last page */
export function pageOf(rows: readonly RequestRow[], limit: number): BatchRequestPage {
  let left = PAGE_BYTES;
  const over = rows.findIndex((row, index) => (left -= REF_BYTES + (row.request === undefined ? 0 : row.bytes)) < 0 && index > 0);
  const fitting = over < 0 ? rows : rows.slice(0, over);
  const last = fitting.at(-1);
  const more = over >= 0 || rows.length === limit;
  return {
    requests: fitting.map((row) => ({
      id: row.id,
      ref: { runId: row.run_id, step: row.step, ...(row.item < 0 ? {} : { item: row.item }), attempt: row.attempt },
      epoch: row.epoch,
      agent: row.agent,
      addedAt: row.added_at.toISOString(),
      ...(row.request === undefined || row.request === null ? {} : { request: row.request }),
    })),
    ...(more && last !== undefined ? { next: last.id } : {}),
  };
}

export const viewOf = (row: BatchRow): BatchView => ({
  batch: row.id,
  provider: row.provider,
  state: row.state,
  requests: row.requests,
  bytes: Number(row.bytes),
  settled: { done: row.done, single: row.single },
  createdAt: row.created_at.toISOString(),
  ...(row.provider_batch === null ? {} : { providerBatch: row.provider_batch }),
  ...(row.submitted_at === null ? {} : { submittedAt: row.submitted_at.toISOString() }),
  ...(row.ended_at === null ? {} : { endedAt: row.ended_at.toISOString() }),
  ...(row.message === null ? {} : { message: row.message }),
});
