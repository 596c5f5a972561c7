import type { PoolClient } from 'pg';
import type { ArchivedEvents } from '../archive/archived-events.js';
import type { PieceRow } from '../archive/archive-index.js';
import { SegmentDamaged } from '../archive/segment-format.js';
import type { LinkedEvent } from '../hash-chain.js';

/** A run's head, with what decides about its projections. */
export interface ScannedHead {
  runId: string;
  sequence: number;
  hash: string;
  epoch: number;
  owner: string;
  told: number;
  archived: number;
}

/** Takes one run's events in their order. */
export interface RunSink {
  take(events: readonly LinkedEvent[]): void;
  /** A segment cannot be read that holds some of them. Without this the scan ends with the error. */
  unreadable?: (piece: PieceRow, error: SegmentDamaged) => void;
  /** After the last one. */
  end(): void | Promise<void>;
}

/** @param head undefined: events that belong to no run */
export type RunVisitor = (runId: string, head: ScannedHead | undefined) => RunSink;

/** Certain runs, or all in a range of ids. */
export type Selection = PageRange | { ids: readonly string[] };

/** Run ids after `from` and up to `to`, inclusive; without an end for the last page. */
export interface PageRange {
  from: string;
  to: string | undefined;
}

/** Runs in one page, and events in one answer: what is in memory at once. */
const RUNS = 500;
const EVENTS = 1_000;

const HEAD = `SELECT run_id AS "runId", sequence, encode(hash, 'hex') AS hash, epoch, owner, told, archived FROM aet.run_head`;

/** The condition of a selection, with its values from `$1` on. */
const selected = (selection: Selection, column = 'run_id'): { where: string; values: unknown[] } =>
  'ids' in selection
    ? { where: `${column} = ANY ($1::text[])`, values: [selection.ids] }
    : { where: `${column} > $1 AND ($2::text IS NULL OR ${column} <= $2)`, values: [selection.from, selection.to ?? null] };

const pieces = (where: string): string => `
SELECT p.run_id AS "runId", p.from_sequence AS "from", p.to_sequence AS "to", p.segment, encode(s.sha256, 'hex') AS sha256
FROM aet.archived_run p JOIN aet.archive_segment s USING (segment) WHERE ${where} ORDER BY p.run_id, p.from_sequence`;
const events = (where: string): string => `
DECLARE aet_events NO SCROLL CURSOR FOR
SELECT run_id, sequence, type, data::text AS data, time, encode(prev_hash, 'hex') AS prev_hash, encode(hash, 'hex') AS hash
FROM aet.run_event WHERE ${where} ORDER BY run_id, sequence`;

interface EventRow {
  run_id: string;
  sequence: number;
  type: string;
  data: string;
  time: Date;
  prev_hash: string;
  hash: string;
}

export interface Page {
  selection: Selection;
  heads: readonly ScannedHead[];
}

/** The page after `from`. Within the caller's transaction, as all of a page must be of one snapshot. */
export async function pageAfter(client: PoolClient, from: string): Promise<Page & { selection: PageRange }> {
  const { rows: heads } = await client.query<ScannedHead>(`${HEAD} WHERE run_id > $1 ORDER BY run_id LIMIT $2`, [from, RUNS]);
  return { selection: { from, to: heads.length < RUNS ? undefined : heads.at(-1)?.runId }, heads };
}

/** All runs of the range, as it was found before. */
export async function pageIn(client: PoolClient, selection: PageRange): Promise<Page & { selection: PageRange }> {
  const { where, values } = selected(selection);
  const { rows: heads } = await client.query<ScannedHead>(`${HEAD} WHERE ${where} ORDER BY run_id`, values);
  return { selection, heads };
}

export async function pageOf(client: PoolClient, ids: readonly string[]): Promise<Page> {
  const { rows: heads } = await client.query<ScannedHead>(`${HEAD} WHERE run_id = ANY ($1::text[]) ORDER BY run_id`, [ids]);
  return { selection: { ids }, heads };
}

/**
 * Gives every run of the page to the visitor, in the order of ids: what lies in segments first, then what the table has. Within a transaction.
 * @returns how many events there were
 */
export async function scanPage(client: PoolClient, page: Page, archive: ArchivedEvents, visit: RunVisitor): Promise<number> {
  const { where, values } = selected(page.selection, 'p.run_id');
  const rows = (await client.query<PieceRow>(pieces(where), values)).rows;
  const scan = new PageScan(
    page.heads,
    Map.groupBy(rows, ({ runId }) => runId),
    archive,
    visit,
  );
  for await (const [runId, some] of eventsOf(client, page.selection)) await scan.take(runId, some);
  return scan.end();
}

/** Brings heads, pieces and events together, all in the order of run ids. */
class PageScan {
  private events = 0;
  private next = 0;
  private open: { runId: string; sink: RunSink } | undefined;

  constructor(
    private readonly heads: readonly ScannedHead[],
    private readonly pieces: ReadonlyMap<string, PieceRow[]>,
    private readonly archive: ArchivedEvents,
    private readonly visit: RunVisitor,
  ) {}

  async take(runId: string, some: readonly LinkedEvent[]): Promise<void> {
    await this.beginUpTo(runId);
    if (this.open?.runId !== runId) await this.begin(runId, undefined);
    this.events += some.length;
    this.open?.sink.take(some);
  }

  async end(): Promise<number> {
    await this.beginUpTo(undefined);
    await this.open?.sink.end();
    return this.events;
  }

  /** Runs of which the table has no events stand between those of which it has. */
  private async beginUpTo(runId: string | undefined): Promise<void> {
    for (;;) {
      const head = this.heads[this.next];
      if (head === undefined || (runId !== undefined && head.runId > runId)) return;
      this.next++;
      await this.begin(head.runId, head);
    }
  }

  private async begin(runId: string, head: ScannedHead | undefined): Promise<void> {
    await this.open?.sink.end();
    this.open = { runId, sink: this.visit(runId, head) };
    for (const piece of this.pieces.get(runId) ?? []) await this.takeArchived(this.open.sink, piece);
  }

  private async takeArchived(sink: RunSink, piece: PieceRow): Promise<void> {
    try {
      const archived = await this.archive.piece(piece);
      this.events += archived.length;
      sink.take(archived);
    } catch (error) {
      if (!(error instanceof SegmentDamaged) || sink.unreadable === undefined) throw error;
      sink.unreadable(piece, error);
    }
  }
}

/** Consecutive events of one run at a time. */
async function* eventsOf(client: PoolClient, selection: Selection): AsyncGenerator<[runId: string, LinkedEvent[]]> {
  const { where, values } = selected(selection);
  await client.query(events(where), values);
  for (;;) {
    const { rows } = await client.query<EventRow>(`FETCH ${EVENTS} FROM aet_events`);
    for (let at = 0; at < rows.length;) {
      const runId = rows[at]?.run_id ?? '';
      let to = at;
      while (rows[to]?.run_id === runId) to++;
      yield [runId, rows.slice(at, to).map(linked)];
      at = to;
    }
    if (rows.length < EVENTS) break;
  }
  await client.query('CLOSE aet_events');
}

const linked = ({ run_id: runId, sequence, type, data, time, prev_hash: prevHash, hash }: EventRow): LinkedEvent => ({
  runId,
  sequence,
  type,
  data,
  time: time.toISOString(),
  prevHash,
  hash,
});
