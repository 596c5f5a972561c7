import { APPROVAL_COLUMNS, approvalRows, approvalValues } from '../postgres/approval-part.js';
import { columnText } from '../postgres/column-text.js';
import { type ApprovalRow, projectApprovals } from '../projection/approvals.js';
import { inRange, type Projector, rangeValues } from './projector.js';

/** Questions that nobody has answered. */
export const approvalProjector: Projector<ApprovalRow> = {
  table: 'run_approval',
  fold: () => {
    const asked = new Map<string, ApprovalRow>();
    return {
      add: (event) => {
        const { requested, decided, open } = projectApprovals([event]);
        for (const row of requested) asked.set(row.step, row);
        for (const step of decided) asked.delete(step);
        if (open !== undefined) for (const row of asked.values()) row.open = open;
      },
      rows: () => [...asked.values()],
    };
  },
  write: async (client, schema, rows) => {
    const sql = `INSERT INTO ${schema}.run_approval (${APPROVAL_COLUMNS}) ${approvalRows((index) => `$${index + 1}`)}`;
    await client.query(sql, approvalValues(rows));
  },
  serving: async (client, range) => {
    const text = `SELECT run_id, step, sequence, open FROM aet.run_approval WHERE ${inRange}`;
    const { rows } = await client.query<{ run_id: string; step: string; sequence: number; open: boolean }>({
      name: 'aet-verify-approvals',
      text,
      values: rangeValues(range),
    });
    return rows.map(({ run_id: runId, step, sequence, open }) => ({
      runId,
      key: `approval ${step}`,
      values: { sequence, open },
    }));
  },
  compared: ({ runId, step, sequence, open }) => ({
    runId,
    key: `approval ${columnText(step)}`,
    values: { sequence, open },
  }),
};
