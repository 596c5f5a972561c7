import type { BatchDecision, WrittenRun } from './append-batch.js';

/** What the parts of a batch's statement are made from. */
export interface WrittenBatch {
  /** In the order of the runs. */
  written: readonly WrittenRun[];
  /** RFC 3339: the batch's. */
  time: string;
  /** The commit does not wait for the disk. */
  relaxed: boolean;
  /** Which of a count's rows this batch changes: see `count-part.ts`. */
  shard: number;
}

/** One table's share of the statement that writes a batch: a query that changes data, and the values of its parameters. */
export interface StatementPart {
  /** Of the common table expression; unique. */
  name: string;
  /** How many values there are. */
  parameters: number;
  /** @param value the placeholder of the value of that index, such as `$7`; `$1` is the batch's time */
  sql(value: (index: number) => string): string;
  values(batch: WrittenBatch): unknown[];
}

/** A statement that each connection prepares once, under its name. */
export interface Statement {
  name: string;
  text: string;
  values: unknown[];
}

/** The parts as one statement, the last one as its body: one round trip, and alone one transaction. */
export function composed(name: string, parts: readonly StatementPart[]): (batch: WrittenBatch) => Statement {
  let taken = 1;
  const queries = parts.map((part) => {
    const first = taken + 1;
    taken += part.parameters;
    return part.sql((index) => `$${first + index}`);
  });
  const shared = parts.slice(0, -1).map((part, index) => `${part.name} AS (${queries[index]})`);
  const text = `WITH ${shared.join(',\n')}\n${queries.at(-1)}`;
  return (batch) => ({ name, text, values: [batch.time, ...parts.flatMap((part) => part.values(batch))] });
}

/** Of what was decided; in the order of the runs, so that two writers of the same runs wait for each other in one direction only. */
export const batchOf = ({ written, relaxed }: BatchDecision, time: string, shard: number): WrittenBatch => ({
  written: written.toSorted((a, b) => (a.runId < b.runId ? -1 : 1)),
  time,
  relaxed,
  shard,
});
