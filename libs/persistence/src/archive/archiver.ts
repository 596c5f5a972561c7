import type { ArchiveStore } from '@aet/messaging';
import { randomUUID } from 'node:crypto';
import type { Pool, PoolClient } from 'pg';
import { databaseError } from '../database-error.js';
import { checkChain, GENESIS, type LinkedEvent } from '../hash-chain.js';
import { withLock } from '../postgres/advisory-lock.js';
import { inTransaction } from '../postgres/in-transaction.js';
import { storedEvents } from '../postgres/read-run.js';
import { announceSegment, type SegmentRow, segmentRows } from './archive-index.js';
import {
  eventBytes,
  packSegment,
  type RunPiece,
  SEGMENT_BYTES,
  SegmentDamaged,
  sha256,
  unpackSegment,
} from './segment-format.js';

export interface ArchiverOptions {
  cell: string;
  /** Of a segment's text before it is packed, about; default 8 MiB. */
  segmentBytes?: number;
  now?: () => Date;
  /** A run whose events are not what was written stays in the table. */
  onDamaged?: (runId: string, error: unknown) => void;
}

const LOCK = 'archive';
/** Runs that one segment looks at, and events that one question reads. */
const RUNS = 2_000;
const PAGE = 2_000;

/** Runs that ended before `$1`, of which the world was told all; the first to end first. */
const CLOSED = `
SELECT l.run_id AS "runId", h.archived, h.sequence FROM aet.run_list l JOIN aet.run_head h USING (run_id)
WHERE l.closed_at < $1 AND h.told >= h.sequence AND h.archived < h.sequence ORDER BY l.closed_at, l.run_id LIMIT ${RUNS}`;

interface Closed {
  runId: string;
  archived: number;
  sequence: number;
}

/**
 * Moves events of ended runs from the table to segments. The order makes every crash harmless: the segment is announced, written, read back,
 * and only then, in one transaction, does the index name it and do the rows go. What was announced and not finished is removed by the next round.
 * One replica at a time; rows that another one moved meanwhile make the transaction fail, and nothing is lost.
 */
export class Archiver {
  private readonly now: () => Date;

  constructor(
    private readonly pool: Pool,
    private readonly store: ArchiveStore,
    private readonly options: ArchiverOptions,
  ) {
    this.now = options.now ?? (() => new Date());
  }

  /** Writes at most one segment. Undefined: there was nothing to move, or another replica is at it. */
  async round(closedBefore: Date): Promise<SegmentRow | undefined> {
    try {
      const outcome = await withLock(this.pool, LOCK, async () => {
        await this.clean();
        return this.move(closedBefore);
      });
      return outcome?.done;
    } catch (error) {
      throw databaseError(error, 'archiving ended runs');
    }
  }

  private async move(closedBefore: Date): Promise<SegmentRow | undefined> {
    const pieces = await this.collect(closedBefore);
    if (pieces.length === 0) return undefined;
    const createdAt = this.now().toISOString();
    const segment = segmentName(createdAt);
    const content = await packSegment({ segment, cell: this.options.cell, createdAt }, pieces);
    const events = pieces.reduce((sum, piece) => sum + piece.events.length, 0);
    const row = { segment, createdAt, runs: pieces.length, events, bytes: content.length, sha256: sha256(content) };
    await announceSegment(this.pool, row);
    await this.store.put(segment, content);
    await this.verify(row);
    await inTransaction(this.pool, (client) => moved(client, row.segment, pieces));
    return { ...row, state: 'stored' };
  }

  private async verify({ segment, sha256: digest, events }: Omit<SegmentRow, 'state'>): Promise<void> {
    const back = await this.store.get(segment);
    if (back === undefined || sha256(back) !== digest) throw new SegmentDamaged(segment, 'did not come back as it was written');
    const { pieces } = await unpackSegment(segment, back);
    const count = [...pieces.values()].reduce((sum, piece) => sum + piece.length, 0);
    if (count !== events) throw new SegmentDamaged(segment, `came back with ${count} of ${events} events`);
  }

  private async collect(closedBefore: Date): Promise<RunPiece[]> {
    const { rows } = await this.pool.query<Closed>(CLOSED, [closedBefore]);
    const most = this.options.segmentBytes ?? SEGMENT_BYTES;
    const pieces: RunPiece[] = [];
    let bytes = 0;
    for (const run of rows) {
      if (bytes >= most) break;
      const piece = await this.piece(run, most - bytes).catch((error: unknown) => {
        if ((error as { code?: string }).code !== 'INTERNAL') throw error;
        this.options.onDamaged?.(run.runId, error);
        return [];
      });
      if (piece.length === 0) continue;
      bytes += piece.reduce((sum, event) => sum + eventBytes(event), 0);
      pieces.push({ runId: run.runId, events: piece });
    }
    return pieces;
  }

  /** As many events as have room; the rest of a long run goes into the next segments. */
  private async piece({ runId, archived, sequence }: Closed, room: number): Promise<LinkedEvent[]> {
    const events: LinkedEvent[] = [];
    let left = room;
    while (left > 0) {
      const from = (events.at(-1)?.sequence ?? archived) + 1;
      const page = (await storedEvents(this.pool, runId, from, PAGE)).filter((event) => event.sequence <= sequence);
      const [first] = page;
      if (first === undefined) break;
      const before = events.at(-1)?.hash ?? (from === 1 ? GENESIS : first.prevHash);
      checkChain(runId, { sequence: from - 1, hash: before }, page);
      for (const event of page) {
        if (left <= 0) break;
        left -= eventBytes(event);
        events.push(event);
      }
    }
    return events;
  }

  /** What a round that did not come to its end left behind. */
  private async clean(): Promise<void> {
    for (const { segment, state } of await segmentRows(this.pool)) {
      if (state === 'stored') continue;
      await this.store.remove(segment);
      await this.pool.query(`DELETE FROM aet.archive_segment WHERE segment = $1 AND state <> 'stored'`, [segment]);
    }
  }
}

/** Such as `20261121T154913-1a2b3c4d`: of the list, the newest is the last. */
const segmentName = (createdAt: string): string =>
  `${createdAt.slice(0, 19).replaceAll(/[-:]/g, '')}-${randomUUID().slice(0, 8)}`;

/** Heads are locked in the order in which appends lock them. */
async function moved(client: PoolClient, segment: string, pieces: readonly RunPiece[]): Promise<void> {
  const sorted = pieces.toSorted((a, b) => (a.runId < b.runId ? -1 : 1));
  const runs = sorted.map(({ runId }) => runId);
  const from = sorted.map(({ events }) => events[0]?.sequence ?? 0);
  const to = sorted.map(({ events }) => events.at(-1)?.sequence ?? 0);
  await client.query('SELECT FROM aet.run_head WHERE run_id = ANY ($1::text[]) ORDER BY run_id FOR UPDATE', [runs]);
  const { rowCount } = await client.query(
    `UPDATE aet.archive_segment SET state = 'stored' WHERE segment = $1 AND state = 'writing'`,
    [segment],
  );
  if (rowCount !== 1)
    throw new SegmentDamaged(segment, 'was removed by another replica while it was written: it is written again');
  await client.query(
    `INSERT INTO aet.archived_run (run_id, from_sequence, to_sequence, segment)
     SELECT run_id, f, t, $4 FROM unnest($1::text[], $2::int[], $3::int[]) AS p(run_id, f, t)`,
    [runs, from, to, segment],
  );
  const gone = await client.query(DELETE, [runs, from, to, runs[0], runs.at(-1)]);
  const wanted = pieces.reduce((sum, { events }) => sum + events.length, 0);
  if (gone.rowCount !== wanted)
    throw new SegmentDamaged(segment, `has ${wanted} events, of which the table had only ${gone.rowCount}`);
  await client.query(
    `UPDATE aet.run_head h SET archived = p.t FROM unnest($1::text[], $2::int[]) AS p(run_id, t) WHERE h.run_id = p.run_id`,
    [runs, to],
  );
  await client.query(
    `UPDATE aet.run_list l SET closed_at = NULL FROM aet.run_head h
     WHERE l.run_id = ANY ($1::text[]) AND h.run_id = l.run_id AND h.archived = h.sequence AND l.closed_at IS NOT NULL`,
    [runs],
  );
  await client.query(FORGET_EFFECTS, [runs]);
}

/** What a run did outside is known as long as an attempt of it may ask. One that completed is never taken up again; any other one is, from the archive as well. */
const FORGET_EFFECTS = `
DELETE FROM aet.effect e USING aet.run_head h JOIN aet.run_list l USING (run_id)
WHERE e.run_id = ANY ($1::text[]) AND h.run_id = e.run_id AND h.archived = h.sequence AND l.status = 'completed'`;

/** The bounds tell the planner which partitions cannot be meant. */
const DELETE = `
DELETE FROM aet.run_event e USING unnest($1::text[], $2::int[], $3::int[]) AS p(run_id, f, t)
WHERE e.run_id = p.run_id AND e.sequence BETWEEN p.f AND p.t AND e.run_id = ANY ($1::text[]) AND e.run_id >= $4 AND e.run_id <= $5`;
