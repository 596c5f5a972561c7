import { AdoptCellRuns, ListCellConflicts, RunStatus } from '@aet/contracts';
import type { RouteDoc } from './routes.js';
import { count, flag, listOf, object, oneOf, ref, type Schema, text, time } from './schema-parts.js';

export const CELL_ROUTES: readonly RouteDoc[] = [
  {
    method: 'get',
    path: '/v1/cells',
    id: 'listCells',
    tag: 'cells',
    summary: 'The cells that this one is joined with, its copies of their events, and whose its open runs are.',
    status: 200,
    reply: 'CellsView',
    refusals: [504],
  },
  {
    method: 'get',
    path: '/v1/cells/conflicts',
    id: 'listCellConflicts',
    tag: 'cells',
    summary: 'Runs whose log goes on differently in two cells.',
    query: ListCellConflicts,
    status: 200,
    reply: 'CellConflictList',
    refusals: [400, 504],
  },
  {
    method: 'post',
    path: '/v1/cells/adopt',
    id: 'adoptCell',
    tag: 'cells',
    summary: 'Takes over runs of a cell that was lost, a page at a time; asked again, it goes on where it was.',
    body: AdoptCellRuns,
    status: 200,
    reply: 'AdoptionPage',
    refusals: [400, 404, 409, 504],
  },
];

export const cellSchemas: Record<string, Schema> = {
  CellsView: object({
    cell: text,
    cells: listOf(
      object({
        cell: text,
        alive: flag,
        'sign?': text,
        'copy?': object({ last: count, lag: count, 'heardMs?': count }),
        'problem?': text,
      }),
    ),
    owners: listOf(object({ cell: text, status: oneOf(Object.values(RunStatus)), runs: count })),
  }),
  CellConflict: object({
    runId: text,
    from: text,
    to: text,
    epoch: count,
    sequence: count,
    divergent: count,
    noticedAt: time,
  }),
  CellConflictList: object({ conflicts: listOf(ref('CellConflict')) }),
  RunAdoption: object({
    runId: text,
    outcome: oneOf(['adopted', 'adoptable', 'here', 'elsewhere', 'ended', 'refused']),
    events: count,
    'epoch?': count,
    'reason?': text,
  }),
  AdoptionPage: object({ from: text, cell: text, dryRun: flag, runs: listOf(ref('RunAdoption')), 'next?': text }),
};
