import { RebuildRecord, RestoreArchived, SegmentRef } from '@aet/contracts';
import type { RouteDoc } from './routes.js';
import { count, listOf, object, oneOf, ref, type Schema, text, time } from './schema-parts.js';

const NDJSON = { mediaType: 'application/x-ndjson' };

export const RECORD_ROUTES: readonly RouteDoc[] = [
  {
    method: 'post',
    path: '/v1/record/rebuild',
    id: 'rebuildRecord',
    tag: 'record',
    summary:
      'Makes all projections anew beside the serving ones and swaps them. Lines of JSON tell how far it is; who stops reading calls it off; ' +
      'a failure on the way is the last line, as `error`.',
    body: RebuildRecord,
    status: 200,
    reply: NDJSON,
    refusals: [400, 409, 504],
  },
  {
    method: 'post',
    path: '/v1/record/verify',
    id: 'verifyRecord',
    tag: 'record',
    summary:
      'Compares log, projections, archive and stream by content. Lines of JSON: `progress`, and a `finding` for each thing that differs.',
    status: 200,
    reply: NDJSON,
    refusals: [504],
  },
  {
    method: 'get',
    path: '/v1/record/archive',
    id: 'listSegments',
    tag: 'record',
    summary: 'Segments of archived runs, newest first.',
    status: 200,
    reply: 'SegmentList',
    refusals: [504],
  },
  {
    method: 'get',
    path: '/v1/record/archive/{segment}',
    id: 'getSegment',
    tag: 'record',
    summary: 'A segment with the runs whose events it holds.',
    pathClass: SegmentRef,
    status: 200,
    reply: 'SegmentDetails',
    refusals: [400, 404, 504],
  },
  {
    method: 'post',
    path: '/v1/record/archive/restore',
    id: 'restoreArchived',
    tag: 'record',
    summary: 'Puts archived events back into the table, of a run or of a whole segment.',
    body: RestoreArchived,
    status: 200,
    reply: 'RestoredRuns',
    refusals: [400, 404, 504],
  },
];

const segment = {
  segment: text,
  state: oneOf(['writing', 'stored', 'removing']),
  createdAt: time,
  runs: count,
  events: count,
  bytes: count,
  sha256: text,
};

export const recordSchemas: Record<string, Schema> = {
  SegmentView: object(segment),
  SegmentList: object({ segments: listOf(ref('SegmentView')) }),
  SegmentDetails: object({ ...segment, pieces: listOf(object({ runId: text, from: count, to: count })) }),
  RestoredRuns: object({ runs: listOf(text), events: count }),
};
