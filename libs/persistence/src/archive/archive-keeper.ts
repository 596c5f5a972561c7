import { NotFound, type RestoredRuns } from '@aet/contracts';
import type { ArchiveStore } from '@aet/messaging';
import type { Pool, PoolClient } from 'pg';
import { databaseError } from '../database-error.js';
import type { LinkedEvent } from '../hash-chain.js';
import { inTransaction } from '../postgres/in-transaction.js';
import { insertEvents } from '../postgres/insert-events.js';
import { type PieceRow, piecesOfRun, piecesOfSegment, type SegmentRow, segmentRow, segmentRows } from './archive-index.js';
import type { ArchivedEvents } from './archived-events.js';

/** What operators do with the archive. */
export class ArchiveKeeper {
  constructor(
    private readonly pool: Pool,
    private readonly store: Pick<ArchiveStore, 'remove'>,
    private readonly archived: ArchivedEvents,
  ) {}

  /** Newest first. */
  list(): Promise<SegmentRow[]> {
    return this.asked('listing the archive', () => segmentRows(this.pool));
  }

  /** With the runs of which it holds events. @throws {NotFound} */
  show(segment: string): Promise<{ segment: SegmentRow; pieces: PieceRow[] }> {
    return this.asked(`looking at the segment ${segment}`, async () => ({
      segment: await this.known(segment),
      pieces: await piecesOfSegment(this.pool, segment),
    }));
  }

  /** Puts the run's events back into the table, where they stay for another `runs.archiveAfterDays`. @throws {NotFound} {SegmentDamaged} */
  restoreRun(runId: string): Promise<RestoredRuns> {
    return this.asked(`restoring run ${runId}`, async () => {
      const events = await this.restored(runId);
      if (events === undefined) throw new NotFound(`no events of run ${runId} lie in the archive: look at \`aet archive ls\``);
      return { runs: [runId], events };
    });
  }

  /** Every run of which it holds events; from other segments, too, what is theirs. */
  restoreSegment(segment: string): Promise<RestoredRuns> {
    return this.asked(`restoring the segment ${segment}`, async () => {
      await this.known(segment);
      const restored: RestoredRuns = { runs: [], events: 0 };
      for (const { runId } of await piecesOfSegment(this.pool, segment)) {
        const events = await this.restored(runId);
        if (events === undefined) continue; // by another caller, meanwhile
        restored.runs.push(runId);
        restored.events += events;
      }
      return restored;
    });
  }

  private async known(segment: string): Promise<SegmentRow> {
    const row = await segmentRow(this.pool, segment);
    if (row === undefined) throw new NotFound(`there is no segment ${segment}: look at \`aet archive ls\``);
    return row;
  }

  private async restored(runId: string): Promise<number | undefined> {
    const pieces = await piecesOfRun(this.pool, runId);
    if (pieces.length === 0) return undefined;
    const events: LinkedEvent[] = [];
    for (const piece of pieces) events.push(...(await this.archived.piece(piece)));
    const empty = await inTransaction(this.pool, (client) => putBack(client, runId, pieces, events));
    if (empty === undefined) return undefined;
    for (const segment of empty) await this.removed(segment);
    return events.length;
  }

  /** Nothing points to it any more. When this does not come to its end, the next round of the archiver does it. */
  private async removed(segment: string): Promise<void> {
    this.archived.forget(segment);
    await this.store.remove(segment);
    await this.pool.query(`DELETE FROM aet.archive_segment WHERE segment = $1 AND state = 'removing'`, [segment]);
  }

  private async asked<T>(doing: string, question: () => Promise<T>): Promise<T> {
    try {
      return await question();
    } catch (error) {
      throw databaseError(error, doing);
    }
  }
}

/** Returns segments that hold nothing any more; undefined: another put the run back first. */
async function putBack(
  client: PoolClient,
  runId: string,
  pieces: readonly PieceRow[],
  events: readonly LinkedEvent[],
): Promise<string[] | undefined> {
  await client.query('SELECT FROM aet.run_head WHERE run_id = $1 FOR UPDATE', [runId]);
  const gone = await client.query('DELETE FROM aet.archived_run WHERE run_id = $1', [runId]);
  if (gone.rowCount !== pieces.length) return undefined;
  for (let at = 0; at < events.length; at += 1_000) await insertEvents(client, events.slice(at, at + 1_000));
  await client.query('UPDATE aet.run_head SET archived = 0 WHERE run_id = $1', [runId]);
  await client.query(
    `UPDATE aet.run_list SET closed_at = date_trunc('milliseconds', now()) WHERE run_id = $1 AND status IN ('completed', 'failed', 'cancelled')`,
    [runId],
  );
  const { rows } = await client.query<{ segment: string }>(
    `UPDATE aet.archive_segment s SET state = 'removing' WHERE segment = ANY ($1::text[])
       AND NOT EXISTS (SELECT FROM aet.archived_run p WHERE p.segment = s.segment) RETURNING segment`,
    [pieces.map(({ segment }) => segment)],
  );
  return rows.map(({ segment }) => segment);
}
