import { boolArray, byteaArray, intArray, textArray } from './binary-array.js';
import { columnText } from './column-text.js';
import type { StatementPart } from './statement-part.js';

/** Where each run stands. */
export const headPart: StatementPart = {
  name: 'heads',
  parameters: 6,
  sql: (value) => `
  INSERT INTO aet.run_head (run_id, sequence, hash, epoch, owner, relaxed, updated_at)
  SELECT run_id, sequence, hash, epoch, owner, relaxed, $1::timestamptz
  FROM unnest(${value(0)}::text[], ${value(1)}::int[], ${value(2)}::bytea[], ${value(3)}::int[], ${value(4)}::text[], ${value(5)}::boolean[])
    AS t(run_id, sequence, hash, epoch, owner, relaxed)
  ON CONFLICT (run_id) DO UPDATE SET sequence = excluded.sequence, hash = excluded.hash, epoch = excluded.epoch,
    owner = excluded.owner, relaxed = excluded.relaxed, updated_at = excluded.updated_at`,
  values: ({ written }) => [
    textArray(written.map((run) => run.runId)),
    intArray(written.map(({ head }) => head.sequence)),
    byteaArray(written.map(({ head }) => head.hash)),
    intArray(written.map(({ head }) => head.epoch)),
    textArray(written.map(({ head }) => columnText(head.owner))),
    boolArray(written.map(({ head }) => head.relaxed)),
  ],
};
