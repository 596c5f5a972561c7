import { isRunEnd, RunEventType, type StoredRunEvent } from '@aet/contracts';
import { foldAll, nextTickAt, type RunState } from '@aet/runs';
import { intArray, textArray } from '../postgres/binary-array.js';
import { columnText } from '../postgres/column-text.js';
import { type ChildRow, projectChildren } from '../projection/children.js';
import { inRange, type Projector, rangeValues } from './projector.js';

interface TimerRow {
  runId: string;
  sequence: number;
  /** Unix milliseconds. */
  dueAt: number;
}

/** Types after which a run may have a moment of its own. */
const MOMENTS: ReadonlySet<string> = new Set([RunEventType.WaitBegun, RunEventType.ApprovalRequested, RunEventType.Started]);
const MANY = 1_000;
const hasMoment = (event: StoredRunEvent): boolean =>
  MOMENTS.has(event.type) || (event.type === RunEventType.Submitted && event.data.startAt !== undefined);

/** When runs are to be looked at next. A serving row may say an earlier time, or stand where nothing is to be done: both cost one look. */
export const timerProjector: Projector<TimerRow> = {
  table: 'run_timer',
  fold: (runId) => {
    let timed = false;
    let before: StoredRunEvent[] = [];
    let state: RunState | undefined;
    return {
      add: (event) => {
        timed ||= hasMoment(event);
        if (isRunEnd(event)) timed = false;
        // Most runs never have one: their state is not needed. What a long one takes in memory is its state, not its events.
        before.push(event);
        if (!timed && before.length < MANY) return;
        state = foldAll(state, before);
        before = [];
      },
      rows: () => {
        if (state === undefined) return [];
        state = foldAll(state, before);
        before = [];
        const dueAt = state === undefined ? undefined : nextTickAt(state);
        return state === undefined || dueAt === undefined ? [] : [{ runId, sequence: state.sequence, dueAt }];
      },
    };
  },
  write: async (client, schema, rows) => {
    await client.query(
      `INSERT INTO ${schema}.run_timer (run_id, due_at, sequence)
       SELECT run_id, due_at::bigint, sequence FROM unnest($1::text[], $2::text[], $3::int[]) AS t(run_id, due_at, sequence)`,
      [
        textArray(rows.map(({ runId }) => runId)),
        textArray(rows.map(({ dueAt }) => String(dueAt))),
        intArray(rows.map(({ sequence }) => sequence)),
      ],
    );
  },
  serving: async (client, range) => {
    const text = `SELECT run_id, due_at FROM aet.run_timer WHERE ${inRange}`;
    const { rows } = await client.query<{ run_id: string; due_at: string }>({
      name: 'aet-verify-timers',
      text,
      values: rangeValues(range),
    });
    return rows.map((row) => ({ runId: row.run_id, key: '', values: { dueAt: Number(row.due_at) } }));
  },
  compared: ({ runId, dueAt }) => ({ runId, key: '', values: { dueAt } }),
  suffices: (serving, wanted) => Number(serving.values['dueAt']) <= Number(wanted.values['dueAt']),
};

const CHILD_COLUMNS = 'child_run_id, run_id, step, item, attempt, event_sequence, not_before, priority';

/** Sub-runs that are waited for. Those that are not wanted any more are taken over: when their row goes, no event says. */
export const childProjector: Projector<ChildRow> = {
  table: 'run_child',
  fold: () => {
    const waited = new Map<string, ChildRow>();
    return {
      add: (event) => {
        const change = projectChildren([event]);
        for (const row of change.requested) waited.set(row.childRunId, row);
        for (const childRunId of change.ended) waited.delete(childRunId);
        const steps = new Set(change.unwantedSteps);
        for (const row of waited.values()) if (change.unwantedAll || steps.has(row.step)) waited.delete(row.childRunId);
      },
      rows: () => [...waited.values()],
    };
  },
  write: async (client, schema, rows) => {
    await client.query(
      `INSERT INTO ${schema}.run_child (${CHILD_COLUMNS}, told_priority)
       SELECT ${CHILD_COLUMNS.replace('not_before', 'not_before::bigint')}, priority
       FROM unnest($1::text[], $2::text[], $3::text[], $4::int[], $5::int[], $6::int[], $7::text[], $8::text[]) AS t(${CHILD_COLUMNS})`,
      [
        textArray(rows.map(({ childRunId }) => columnText(childRunId))),
        textArray(rows.map(({ runId }) => runId)),
        textArray(rows.map(({ step }) => columnText(step))),
        intArray(rows.map(({ item }) => item ?? -1)),
        intArray(rows.map(({ attempt }) => attempt)),
        intArray(rows.map(({ eventSequence }) => eventSequence)),
        textArray(rows.map(({ notBefore }) => String(notBefore))),
        textArray(rows.map(({ priority }) => priority)),
      ],
    );
  },
  takeOver: (schema) => [
    `UPDATE ${schema}.run_child n SET priority = s.priority, told_priority = s.told_priority FROM aet.run_child s WHERE n.child_run_id = s.child_run_id`,
    `INSERT INTO ${schema}.run_child SELECT s.* FROM aet.run_child s WHERE s.unwanted ON CONFLICT (child_run_id) DO NOTHING`,
  ],
  serving: async (client, range) => {
    const text = `SELECT run_id, child_run_id, step, item, attempt FROM aet.run_child WHERE NOT unwanted AND ${inRange}`;
    const { rows } = await client.query<{ run_id: string; child_run_id: string; step: string; item: number; attempt: number }>({
      name: 'aet-verify-children',
      text,
      values: rangeValues(range),
    });
    return rows.map(({ run_id: runId, child_run_id: child, step, item, attempt }) => ({
      runId,
      key: `sub-run ${child}`,
      values: { step, item, attempt },
    }));
  },
  compared: ({ runId, childRunId, step, item, attempt }) => ({
    runId,
    key: `sub-run ${columnText(childRunId)}`,
    values: { step: columnText(step), item: item ?? -1, attempt },
  }),
};
