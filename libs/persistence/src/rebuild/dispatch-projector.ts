import { attemptId, isRunEnd, type Priority, RunEventType, type WorkflowDocument } from '@aet/contracts';
import { columnText } from '../postgres/column-text.js';
import { OPENED_COLUMNS, openedRows, openedValues } from '../postgres/dispatch-part.js';
import { type DispatchRow, hasPriority, projectDispatch } from '../projection/dispatch.js';
import { inRange, type Projector, rangeValues } from './projector.js';

interface Open {
  run_id: string;
  step: string;
  item: number;
  attempt: number;
  event_sequence: number;
  capability: string;
  not_before: string;
  order_key: string | null;
}

const SERVING = `SELECT run_id, step, item, attempt, event_sequence, capability, not_before, order_key FROM aet.run_dispatch WHERE ${inRange}`;

/** Open attempts. How they were published, and their place in their line, is taken over: the log does not say it. */
export const dispatchProjector: Projector<DispatchRow> = {
  table: 'run_dispatch',
  fold: () => {
    const open = new Map<string, DispatchRow>();
    let workflow: WorkflowDocument | undefined;
    let ended = false;
    return {
      add: (event) => {
        if (event.type === RunEventType.Submitted) workflow = event.data.workflow;
        if (event.type === RunEventType.Prioritized) prioritize(open, workflow, event.data.priority);
        const change = projectDispatch([event], ended);
        if (change.closedAll) open.clear();
        for (const step of change.closedSteps ?? []) for (const [id, row] of open) if (row.step === step) open.delete(id);
        for (const ref of change.closed) open.delete(attemptId(ref));
        for (const row of change.opened) open.set(attemptId(row), row);
        ended = isRunEnd(event) || (ended && event.type !== RunEventType.Redriven);
      },
      rows: () => [...open.values()],
    };
  },
  write: async (client, schema, rows) => {
    const sql = `INSERT INTO ${schema}.run_dispatch (${OPENED_COLUMNS}) ${openedRows((index) => `$${index + 1}`)}`;
    await client.query(sql, openedValues(rows));
  },
  takeOver: (schema) => [
    `UPDATE ${schema}.run_dispatch n SET redispatches = s.redispatches, stream_sequence = s.stream_sequence, published_at = s.published_at,
       published_as = s.published_as, priority = s.priority, order_position = coalesce(s.order_position, n.order_position)
     FROM aet.run_dispatch s
     WHERE (n.run_id, n.step, n.item, n.attempt, n.event_sequence) = (s.run_id, s.step, s.item, s.attempt, s.event_sequence)`,
  ],
  serving: async (client, range) => {
    const { rows } = await client.query<Open>({ name: 'aet-verify-dispatch', text: SERVING, values: rangeValues(range) });
    return rows.map((row) => ({
      runId: row.run_id,
      key: `step ${row.step}${row.item < 0 ? '' : ` #${row.item}`}, attempt ${row.attempt}`,
      values: {
        eventSequence: row.event_sequence,
        capability: row.capability,
        notBefore: Number(row.not_before),
        orderKey: row.order_key,
      },
    }));
  },
  compared: ({ runId, step, item, attempt, eventSequence, capability, notBefore, orderKey }) => ({
    runId,
    key: `step ${columnText(step)}${item === undefined ? '' : ` #${item}`}, attempt ${attempt}`,
    values: {
      eventSequence,
      capability: columnText(capability),
      notBefore,
      orderKey: orderKey === undefined ? null : columnText(orderKey),
    },
  }),
};

/** As the append does it: not where the step has a priority of its own. */
function prioritize(open: Map<string, DispatchRow>, workflow: WorkflowDocument | undefined, priority: Priority): void {
  for (const [id, row] of open) if (!hasPriority(workflow, row.step)) open.set(id, { ...row, priority });
}
