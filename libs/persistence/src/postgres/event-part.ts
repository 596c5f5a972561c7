import { byteaArray, intArray, textArray } from './binary-array.js';
import type { StatementPart } from './statement-part.js';

/**
 * The log. Its primary key decides: a place that is taken refuses the whole statement.
 * A batch of relaxed runs does not wait for the disk: the setting lasts as long as the transaction.
 */
export const eventPart: StatementPart = {
  name: 'events',
  parameters: 7,
  sql: (value) => `
INSERT INTO aet.run_event (run_id, sequence, type, data, time, prev_hash, hash)
SELECT run_id, sequence, type, data::json, $1::timestamptz, prev_hash, hash
FROM (SELECT CASE WHEN ${value(6)}::boolean THEN set_config('synchronous_commit', 'off', true) END) lane,
  unnest(${value(0)}::text[], ${value(1)}::int[], ${value(2)}::text[], ${value(3)}::text[], ${value(4)}::bytea[], ${value(5)}::bytea[])
  AS t(run_id, sequence, type, data, prev_hash, hash)`,
  values: ({ written, relaxed }) => {
    const linked = written.flatMap((run) => run.linked);
    return [
      textArray(linked.map((event) => event.runId)),
      intArray(linked.map((event) => event.sequence)),
      textArray(linked.map((event) => event.type)),
      textArray(linked.map((event) => event.data)),
      byteaArray(linked.map((event) => event.prevHash)),
      byteaArray(linked.map((event) => event.hash)),
      relaxed,
    ];
  },
};
