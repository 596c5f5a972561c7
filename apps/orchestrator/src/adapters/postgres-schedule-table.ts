import { databaseError, type ServiceDatabase } from '@aet/persistence';
import { ScheduleTable, type StoredSchedule } from '../application/schedule-table.js';

interface Row {
  name: string;
  definition: StoredSchedule['definition'];
  revision: string;
  next_at: Date | null;
  paused: StoredSchedule['paused'] | null;
  last: StoredSchedule['last'] | null;
  updated_by: string;
  updated_at: Date;
}

const COLUMNS = 'name, definition, revision, next_at, paused, last, updated_by, updated_at';

/** `aet.schedule`: one row for each, and an index over the times that are to come. */
export class PostgresScheduleTable extends ScheduleTable {
  constructor(private readonly pool: ServiceDatabase['pool']) {
    super();
  }

  override async list(): Promise<StoredSchedule[]> {
    return (await this.query<Row>(`SELECT ${COLUMNS} FROM aet.schedule ORDER BY name`, [])).map(storedOf);
  }

  override async find(name: string): Promise<StoredSchedule | undefined> {
    const [row] = await this.query<Row>(`SELECT ${COLUMNS} FROM aet.schedule WHERE name = $1`, [name]);
    return row === undefined ? undefined : storedOf(row);
  }

  override async due(now: Date, limit: number): Promise<StoredSchedule[]> {
    const sql = `SELECT ${COLUMNS} FROM aet.schedule WHERE next_at IS NOT NULL AND next_at <= $1 ORDER BY next_at LIMIT $2`;
    return (await this.query<Row>(sql, [now, limit])).map(storedOf);
  }

  override async write(schedule: Omit<StoredSchedule, 'revision'>, expected: number): Promise<boolean> {
    const { name, definition, nextAt = null, paused = null, last = null, updatedBy, updatedAt } = schedule;
    const json = (value: unknown): string | null => (value === null ? null : JSON.stringify(value));
    const written = await this.query<{ name: string }>(
      `INSERT INTO aet.schedule AS s (name, definition, revision, next_at, paused, last, updated_by, updated_at)
       SELECT $1, $2::json, 1, $3::timestamptz, $4::json, $5::json, $6, $7::timestamptz
       WHERE $8::bigint = 0 OR EXISTS (SELECT FROM aet.schedule WHERE name = $1)
       ON CONFLICT (name) DO UPDATE SET definition = excluded.definition, revision = s.revision + 1, next_at = excluded.next_at,
         paused = excluded.paused, last = excluded.last, updated_by = excluded.updated_by, updated_at = excluded.updated_at
       WHERE s.revision = $8::bigint
       RETURNING name`,
      [name, json(definition), nextAt, json(paused), json(last), updatedBy, updatedAt, expected],
    );
    return written.length > 0;
  }

  override async remove(name: string): Promise<boolean> {
    return (await this.query('DELETE FROM aet.schedule WHERE name = $1 RETURNING name', [name])).length > 0;
  }

  private async query<T>(sql: string, values: unknown[]): Promise<T[]> {
    try {
      return (await this.pool.query(sql, values)).rows as T[];
    } catch (error) {
      throw databaseError(error, 'keeping the schedules');
    }
  }
}

const storedOf = ({ name, definition, revision, next_at, paused, last, updated_by, updated_at }: Row): StoredSchedule => ({
  name,
  definition,
  revision: Number(revision),
  ...(next_at === null ? {} : { nextAt: next_at }),
  ...(paused ? { paused } : {}),
  ...(last ? { last } : {}),
  updatedBy: updated_by,
  updatedAt: updated_at,
});
