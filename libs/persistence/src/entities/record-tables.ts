import { EntitySchema, type EntitySchemaColumnOptions } from 'typeorm';
import { RUN_LOG_SCHEMA } from '../migrations/run-log-migrations.js';

type Columns = Record<string, EntitySchemaColumnOptions>;

/** Ids are compared by bytes: see the migrations. */
const id: EntitySchemaColumnOptions = { type: 'text', collation: 'C' };
const text: EntitySchemaColumnOptions = { type: 'text' };
const integer: EntitySchemaColumnOptions = { type: 'integer' };
const bigint: EntitySchemaColumnOptions = { type: 'bigint' };
const bytes: EntitySchemaColumnOptions = { type: 'bytea' };
const json: EntitySchemaColumnOptions = { type: 'json' };
const moment: EntitySchemaColumnOptions = { type: 'timestamp with time zone', precision: 3 };

const key = (column: EntitySchemaColumnOptions): EntitySchemaColumnOptions => ({ ...column, primary: true });
const maybe = (column: EntitySchemaColumnOptions): EntitySchemaColumnOptions => ({ ...column, nullable: true });
const initially = (column: EntitySchemaColumnOptions, value: string | number | boolean): EntitySchemaColumnOptions => ({
  ...column,
  default: value,
});

const entity = (tableName: string, columns: Columns): EntitySchema =>
  new EntitySchema({ name: tableName, tableName, schema: RUN_LOG_SCHEMA, columns });

/**
 * The record and its projections as typeorm knows them: what their tables must be after all migrations. They are written by statements of their own,
 * which an object mapper would not make as fast. What it has no words for (partitions, indexes by descending order, generated columns) stands in the migrations alone.
 */
export const RECORD_ENTITIES: readonly EntitySchema[] = [
  entity('run_head', {
    run_id: key(id),
    sequence: integer,
    hash: bytes,
    epoch: integer,
    owner: text,
    relaxed: { type: 'boolean' },
    told: initially(integer, 0),
    updated_at: { type: 'timestamp with time zone' },
    archived: initially(integer, 0),
  }),
  entity('run_event', {
    run_id: key(id),
    sequence: key(integer),
    type: text,
    data: json,
    time: moment,
    prev_hash: bytes,
    hash: bytes,
  }),
  entity('run_list', {
    run_id: key(id),
    submitted_at: moment,
    status: text,
    workflow: text,
    key_sha256: maybe(bytes),
    summary: json,
    timeout_ms: maybe(bigint),
    expires_at: maybe(moment),
    priority: initially(text, 'normal'),
    cell: initially(text, ''),
    submitted_by: initially(text, ''),
    lane: maybe(text),
    parent_run_id: maybe(id),
    schedule: maybe(text),
    error: maybe(text),
    closed_at: maybe(moment),
  }),
  entity('run_count', { workflow: key(text), status: key(text), shard: key({ type: 'smallint' }), runs: bigint }),
  entity('run_dispatch', {
    run_id: key(id),
    step: key(text),
    item: key(integer),
    attempt: key(integer),
    event_sequence: integer,
    capability: text,
    priority: text,
    not_before: bigint,
    scheduled_at: bigint,
    due_at: bigint,
    redispatches: initially(integer, 0),
    stream_sequence: maybe(bigint),
    published_at: maybe(bigint),
    order_key: maybe(id),
    order_position: maybe(bigint),
    published_as: maybe(text),
  }),
  entity('order_turn', { capability: key(text), order_key: key(id), run_id: id, step: text, item: integer }),
  entity('run_timer', { run_id: key(id), due_at: bigint, sequence: integer }),
  entity('run_child', {
    child_run_id: key(id),
    run_id: id,
    step: text,
    item: integer,
    attempt: integer,
    event_sequence: integer,
    not_before: bigint,
    priority: text,
    told_priority: text,
    unwanted: initially({ type: 'boolean' }, false),
  }),
  entity('run_approval', {
    run_id: key(id),
    step: key(text),
    sequence: integer,
    requested_at: moment,
    text: text,
    approvers: maybe(json),
    expires_at: maybe(moment),
    open: { type: 'boolean' },
  }),
  entity('archive_segment', {
    segment: key(id),
    state: text,
    created_at: moment,
    runs: integer,
    events: integer,
    bytes: bigint,
    sha256: bytes,
  }),
  entity('archived_run', { run_id: key(id), from_sequence: key(integer), to_sequence: integer, segment: id }),
];
