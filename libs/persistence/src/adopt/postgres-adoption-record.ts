import { type AdoptionEvent, type RunEvent, type RunStatus, RunEventType } from '@aet/contracts';
import { EVENT_VERSIONS, type EventVersions } from '@aet/runs';
import type { Pool, PoolClient, QueryResultRow } from 'pg';
import { databaseError } from '../database-error.js';
import { eventHash, type LinkedEvent } from '../hash-chain.js';
import { findListed, guardNew, type HeadRow, type ListRow, lockHeads } from '../postgres/append-statements.js';
import { insertEvents } from '../postgres/insert-events.js';
import { inTransaction } from '../postgres/in-transaction.js';
import { headOf } from '../postgres/run-transaction.js';
import { AdoptionRecord, type Ceded, type Imported, type OwnedRuns, type RunConflict } from './adoption-record.js';
import { appended, closed, keyOf, projected } from './owner-change.js';

const INSERT_ADOPTION = `
INSERT INTO aet.run_adoption (run_id, epoch, from_cell, to_cell, sequence, divergent, noticed_at)
VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING`;

/** What the cell would go on doing for the run: begin its sub-runs, look at it when its time comes, ask people. */
const DUTIES_OF_RUN = ['run_timer', 'run_child', 'run_approval'].map((table) => `DELETE FROM aet.${table} WHERE run_id = $1`);

/** Events inserted by one statement. */
const CHUNK = 2_000;

export class PostgresAdoptionRecord extends AdoptionRecord {
  constructor(
    private readonly pool: Pool,
    private readonly cell: string,
    private readonly versions: EventVersions = EVENT_VERSIONS,
    private readonly now: () => Date = () => new Date(),
  ) {
    super();
  }

  override import(runId: string, copied: readonly LinkedEvent[], following: readonly RunEvent[]): Promise<Imported> {
    return this.translated(`adopting run ${runId}`, () =>
      inTransaction(this.pool, (client) => this.importIn(client, runId, copied, following)),
    );
  }

  override cede(adopted: LinkedEvent): Promise<Ceded | undefined> {
    return this.translated(`closing the log of run ${adopted.runId}`, () =>
      inTransaction(this.pool, (client) => this.cedeIn(client, adopted)),
    );
  }

  override async refuse(runId: string, sequence: number): Promise<void> {
    const sql = `UPDATE aet.run_adoption SET divergent = greatest(divergent, $2 - sequence + 1)
      WHERE run_id = $1 AND to_cell = $3 AND sequence <= $2 AND epoch = (SELECT max(epoch) FROM aet.run_adoption WHERE run_id = $1)`;
    await this.rows('counting what another cell wrote late', sql, [runId, sequence, this.cell]);
  }

  override adoptedFrom(cell: string, after: string, limit: number): Promise<AdoptionEvent[]> {
    const sql = `SELECT e.run_id AS "runId", e.sequence, a.epoch, e.type, e.data::text AS data, encode(e.hash, 'hex') AS hash,
        to_char(e.time AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS time
      FROM aet.run_adoption a JOIN aet.run_event e USING (run_id, sequence)
      WHERE a.from_cell = $1 AND a.to_cell = $2 AND a.run_id > $3 ORDER BY a.run_id, a.epoch LIMIT $4`;
    return this.rows('reading what was adopted', sql, [cell, this.cell, after, limit]);
  }

  override async unknownAmong(adoptions: readonly AdoptionEvent[]): Promise<AdoptionEvent[]> {
    const sql = 'SELECT run_id, epoch FROM aet.run_head WHERE run_id = ANY ($1::text[])';
    const rows = await this.rows<{ run_id: string; epoch: number }>('reading the owners of runs', sql, [
      adoptions.map(({ runId }) => runId),
    ]);
    const known = new Map(rows.map((row) => [row.run_id, row.epoch]));
    return adoptions.filter(({ runId, epoch }) => (known.get(runId) ?? Infinity) < epoch);
  }

  override async adoptedHere(): Promise<Map<string, number>> {
    const sql = 'SELECT run_id, max(sequence) AS sequence FROM aet.run_adoption WHERE to_cell = $1 GROUP BY run_id';
    const rows = await this.rows<{ run_id: string; sequence: number }>('reading what was adopted', sql, [this.cell]);
    return new Map(rows.map((row) => [row.run_id, row.sequence]));
  }

  override async conflicts(limit: number): Promise<RunConflict[]> {
    const sql = `SELECT run_id AS "runId", from_cell AS "from", to_cell AS "to", epoch, sequence, divergent, noticed_at
      FROM aet.run_adoption WHERE divergent > 0 ORDER BY noticed_at DESC, run_id LIMIT $1`;
    const rows = await this.rows<Omit<RunConflict, 'noticedAt'> & { noticed_at: Date }>('reading conflicts', sql, [limit]);
    return rows.map(({ noticed_at: at, ...row }) => ({ ...row, noticedAt: at.toISOString() }));
  }

  override owned(): Promise<OwnedRuns[]> {
    const sql = `SELECT cell, status, count(*)::int AS runs FROM aet.run_list
      WHERE status NOT IN ('completed', 'failed', 'cancelled') GROUP BY cell, status ORDER BY cell, status`;
    return this.rows<{ cell: string; status: RunStatus; runs: number }>('counting runs by their cell', sql, []);
  }

  override async seen(cell: string): Promise<number> {
    const sql = 'SELECT sequence FROM aet.cell_seen WHERE cell = $1';
    const [row] = await this.rows<{ sequence: string }>('reading how far a copy was looked at', sql, [cell]);
    return Number(row?.sequence ?? 0);
  }

  override async noteSeen(cell: string, sequence: number): Promise<void> {
    const sql = `INSERT INTO aet.cell_seen (cell, sequence) VALUES ($1, $2)
      ON CONFLICT (cell) DO UPDATE SET sequence = greatest(cell_seen.sequence, excluded.sequence)`;
    await this.rows('noting how far a copy was looked at', sql, [cell, sequence]);
  }

  private async importIn(
    client: PoolClient,
    runId: string,
    copied: readonly LinkedEvent[],
    following: readonly RunEvent[],
  ): Promise<Imported> {
    const { head, listed, holder } = await lock(client, runId, keyOf(copied, this.versions));
    if (head !== undefined) {
      if (copied[head.sequence - 1]?.hash !== head.hash) return head.owner === this.cell ? 'existing' : 'diverged';
      if (head.sequence === copied.length && head.owner === this.cell) return 'existing';
    }
    const time = this.now().toISOString();
    const all = [...copied, ...appended(runId, copied.at(-1), following, time, this.versions)];
    const news = all.slice(head?.sequence ?? 0);
    for (let at = 0; at < news.length; at += CHUNK) await insertEvents(client, news.slice(at, at + CHUNK));
    await client.query(projected({ runId, all, before: listed, time, versions: this.versions, withKey: holder === undefined }));
    await this.note(client, all, copied.length + 1, 0);
    return 'imported';
  }

  private async cedeIn(client: PoolClient, adopted: LinkedEvent): Promise<Ceded | undefined> {
    const { runId } = adopted;
    const { head, listed } = await lock(client, runId, undefined);
    const { epoch } = JSON.parse(adopted.data) as { epoch: number };
    if (head === undefined || head.epoch >= epoch) return undefined;
    const time = this.now().toISOString();
    const end = { sequence: head.sequence, hash: head.hash };
    const same = adopted.sequence === end.sequence + 1 && eventHash(end.hash, adopted) === adopted.hash;
    const last: LinkedEvent = same
      ? { ...adopted, prevHash: end.hash }
      : behind(end, { ...adopted, sequence: end.sequence + 1, time });
    const tasks = await tasksOf(client, runId);
    await insertEvents(client, [last]);
    await client.query(closed(headOf(head, listed), last, { cell: this.cell, time, versions: this.versions }));
    for (const sql of DUTIES_OF_RUN) await client.query(sql, [runId]);
    const divergent = same ? 0 : Math.max(0, end.sequence - adopted.sequence + 1);
    await this.note(client, [last], adopted.sequence, divergent);
    return { runId, divergent, tasks };
  }

  private async note(client: PoolClient, all: readonly LinkedEvent[], sequence: number, divergent: number): Promise<void> {
    const adopted = all.findLast(({ type }) => type.startsWith(RunEventType.Adopted));
    if (adopted === undefined) return;
    const { epoch, from, cell } = JSON.parse(adopted.data) as { epoch: number; from: string; cell: string };
    await client.query(INSERT_ADOPTION, [adopted.runId, epoch, from, cell, sequence, divergent, this.now()]);
  }

  private rows<T extends QueryResultRow>(what: string, sql: string, values: unknown[]): Promise<T[]> {
    return this.translated(what, async () => (await this.pool.query<T>(sql, values)).rows);
  }

  private async translated<T>(what: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw databaseError(error, what);
    }
  }
}

interface Locked {
  head: HeadRow | undefined;
  listed: ListRow | undefined;
  /** Another run that has the idempotency key. */
  holder: ListRow | undefined;
}

/** As an append does: first what may not exist yet, then the head. */
async function lock(client: PoolClient, runId: string, idempotencyKey: string | undefined): Promise<Locked> {
  const requests = [{ runId, expected: 0, events: [], idempotencyKey }];
  const guard = guardNew(requests);
  if (guard !== undefined) await client.query(guard);
  const [head] = (await client.query<HeadRow>(lockHeads(requests))).rows;
  const listed = (await client.query<ListRow>(findListed(requests))).rows;
  return {
    head,
    listed: listed.find((row) => row.run_id === runId),
    holder: listed.find((row) => row.run_id !== runId),
  };
}

const behind = (end: { sequence: number; hash: string }, event: LinkedEvent): LinkedEvent => ({
  ...event,
  prevHash: end.hash,
  hash: eventHash(end.hash, event),
});

async function tasksOf(client: PoolClient, runId: string): Promise<Ceded['tasks']> {
  const sql = `SELECT capability, priority, stream_sequence FROM aet.run_dispatch WHERE run_id = $1 AND stream_sequence IS NOT NULL`;
  const { rows } = await client.query<{ capability: string; priority: string; stream_sequence: string }>(sql, [runId]);
  return rows.map(({ capability, priority, stream_sequence: sequence }) => ({
    capability,
    priority,
    streamSequence: Number(sequence),
  }));
}
