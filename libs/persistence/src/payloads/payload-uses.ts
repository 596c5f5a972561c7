import type { Pool } from 'pg';
import type { ArchivedEvents } from '../archive/archived-events.js';
import { intArray, textArray } from '../postgres/binary-array.js';

/** Runs of one page, and events that one statement looks at. */
const RUNS = 2_000;
const EVENTS = 2_000;

/** Where a run's events that were not looked at begin and end, both inclusive. */
interface Part {
  runId: string;
  from: number;
  to: number;
}

/** What became of one page. */
export interface PageLook {
  /** The page's last run; undefined: it was the last page. */
  next: string | undefined;
  /** All that the page's runs had when it was asked for has been looked at. */
  complete: boolean;
  progress: boolean;
}

interface HeadRow {
  runId: string;
  sequence: number;
  archived: number;
  looked: number;
}

const PAGE = `
SELECT h.run_id AS "runId", h.sequence, h.archived, coalesce(l.sequence, 0) AS looked
FROM (SELECT run_id, sequence, archived FROM aet.run_head WHERE run_id > $1 ORDER BY run_id LIMIT ${RUNS}) h
LEFT JOIN aet.payload_look l USING (run_id) ORDER BY h.run_id`;

/** More than the references is found where a value has a field of that name: then an object stays that could go. */
const NAMED = '"sha256"\\s*:\\s*"([0-9a-f]{64})"';

/**
 * One statement, so one snapshot: a part counts as looked at when all of its events were in the table; what the archive took meanwhile is found
 * there by the next look. The bounds tell the planner which partitions cannot be meant.
 */
const LOOK = `
WITH part AS (SELECT * FROM unnest($1::text[], $2::int[], $3::int[]) AS t(run_id, f, t)),
seen AS (
  SELECT e.run_id, e.sequence, CASE WHEN e.data::text LIKE '%"$payload"%' THEN e.data::text END AS text
  FROM part JOIN aet.run_event e ON e.run_id = part.run_id AND e.sequence BETWEEN part.f AND part.t
  WHERE e.run_id >= $4 AND e.run_id <= $5
),
used AS (
  INSERT INTO aet.payload_use (sha256, run_id)
  SELECT DISTINCT decode(named[1], 'hex'), run_id FROM seen, regexp_matches(seen.text, $6, 'g') AS named
  ON CONFLICT DO NOTHING
)
INSERT INTO aet.payload_look (run_id, sequence)
SELECT part.run_id, part.t FROM part
JOIN (SELECT run_id, count(*) AS events FROM seen GROUP BY run_id) found USING (run_id) WHERE found.events = part.t - part.f + 1
ON CONFLICT (run_id) DO UPDATE SET sequence = greatest(payload_look.sequence, excluded.sequence)`;

const NOTE = `
WITH used AS (
  INSERT INTO aet.payload_use (sha256, run_id) SELECT decode(name, 'hex'), $1 FROM unnest($2::text[]) AS t(name) ON CONFLICT DO NOTHING
)
INSERT INTO aet.payload_look (run_id, sequence) VALUES ($1, $3)
ON CONFLICT (run_id) DO UPDATE SET sequence = greatest(payload_look.sequence, excluded.sequence)`;

const UNUSED = `
SELECT name FROM unnest($1::text[]) AS t(name) WHERE NOT EXISTS (
  SELECT FROM aet.payload_use u JOIN aet.run_head h USING (run_id) WHERE u.sha256 = decode(name, 'hex'))`;

/** What the log refers to, as an index of its own beside it. Every event is looked at once; any replica may, at the same time as another. */
export class PayloadUses {
  constructor(
    private readonly pool: Pool,
    private readonly archived: ArchivedEvents,
  ) {}

  /**
   * Looks at what is new in the runs of the page after `after`: of each run so many events that the page stays bounded.
   * @throws {SegmentDamaged}
   */
  async look(after: string): Promise<PageLook> {
    const { rows } = await this.pool.query<HeadRow>({ name: 'aet-payload-page', text: PAGE, values: [after] });
    let room = EVENTS;
    let complete = true;
    let progress = false;
    const parts: Part[] = [];
    for (const { runId, sequence, archived, looked } of rows) {
      if (looked >= sequence) continue;
      const to = Math.min(looked < archived ? archived : sequence, looked + room);
      if (to < sequence) complete = false;
      if (to === looked) continue;
      room -= to - looked;
      const part = { runId, from: looked + 1, to };
      if (looked >= archived) parts.push(part);
      else if (await this.lookInArchive(part)) progress = true;
      else complete = false;
    }
    const seen = parts.length === 0 ? 0 : await this.lookInTable(parts);
    return {
      next: rows.length < RUNS ? undefined : rows.at(-1)?.runId,
      complete: complete && seen === parts.length,
      progress: progress || seen > 0,
    };
  }

  /** Those that no event of a run refers to, as far as was looked. */
  async unused(sha256: readonly string[]): Promise<string[]> {
    return (await this.pool.query<{ name: string }>(UNUSED, [sha256])).rows.map(({ name }) => name);
  }

  /** Returns how many of the parts it found whole. */
  private async lookInTable(parts: readonly Part[]): Promise<number> {
    const { rowCount } = await this.pool.query({
      name: 'aet-payload-look',
      text: LOOK,
      values: [
        textArray(parts.map(({ runId }) => runId)),
        intArray(parts.map(({ from }) => from)),
        intArray(parts.map(({ to }) => to)),
        parts[0]?.runId,
        parts.at(-1)?.runId,
        NAMED,
      ],
    });
    return rowCount ?? 0;
  }

  private async lookInArchive({ runId, from, to }: Part): Promise<boolean> {
    const events = await this.archived.read(this.pool, runId, from, to);
    if (events === undefined) return false; // put back meanwhile: the table has them
    const names = events
      .filter(({ data }) => data.includes('"$payload"'))
      .flatMap(({ data }) => [...data.matchAll(new RegExp(NAMED, 'g'))].map(([, name]) => name));
    await this.pool.query(NOTE, [runId, names, to]);
    return true;
  }
}
