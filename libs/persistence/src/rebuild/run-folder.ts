import { EVENT_VERSIONS } from '@aet/runs';
import type { PoolClient } from 'pg';
import { eventOf } from '../postgres/append-batch.js';
import { foldsOf, PROJECTORS } from './projectors.js';
import type { RunVisitor, ScannedHead } from './run-scan.js';
import { MARKS, SHADOW } from './shadow-tables.js';
import { intArray, textArray } from '../postgres/binary-array.js';

/** Folds the runs of a page, and writes their rows beside the serving ones. */
export class RunFolder {
  private readonly rows: unknown[][] = PROJECTORS.map(() => []);
  private readonly marks: ScannedHead[] = [];

  constructor(private readonly cell: string | undefined) {}

  readonly visit: RunVisitor = (runId, head) => {
    // Without a head there is no run: `aet verify-state` names such events.
    if (head === undefined) return { take: () => undefined, end: () => undefined };
    const folds = foldsOf(runId, head, this.cell);
    return {
      take: (events) => {
        for (const linked of events) {
          const event = eventOf(linked, EVENT_VERSIONS);
          for (const fold of folds) fold.add(event);
        }
      },
      end: () => {
        for (const [index, fold] of folds.entries()) this.rows[index]?.push(...fold.rows());
        this.marks.push(head);
      },
    };
  };

  async write(client: PoolClient): Promise<void> {
    for (const [index, projector] of PROJECTORS.entries()) {
      const rows = this.rows[index] as never[];
      if (rows.length > 0) await projector.write(client, SHADOW, rows);
    }
    await client.query(
      `INSERT INTO ${MARKS} (run_id, sequence, archived) SELECT * FROM unnest($1::text[], $2::int[], $3::int[])`,
      [
        textArray(this.marks.map(({ runId }) => runId)),
        intArray(this.marks.map(({ sequence }) => sequence)),
        intArray(this.marks.map(({ archived }) => archived)),
      ],
    );
  }

  get runs(): number {
    return this.marks.length;
  }
}

/** Before they are folded again. */
export async function forgetRuns(client: PoolClient, ids: readonly string[]): Promise<void> {
  for (const { table } of PROJECTORS) await client.query(`DELETE FROM ${SHADOW}.${table} WHERE run_id = ANY ($1::text[])`, [ids]);
  await client.query(`DELETE FROM ${MARKS} WHERE run_id = ANY ($1::text[])`, [ids]);
}
