import { isDeepStrictEqual } from 'node:util';
import type { TopologyDifference } from '../topology.js';

/** What a difference asks for: a change that loses nothing, or the hand of a person. */
export type Change = 'safe' | 'refused';

type Config = object;

/** Streams: what a change cannot undo by itself. The server refuses some of them; we refuse before asking. */
const FIXED_STREAM_FIELDS: ReadonlySet<string> = new Set([
  'name',
  'storage',
  'retention',
  'mirror',
  'sources',
  'deny_delete',
  'deny_purge',
]);
/** Streams: a smaller value drops what is stored. Zero and below mean: without end. */
const RETENTION_FIELDS: ReadonlySet<string> = new Set(['max_age', 'max_bytes', 'max_msgs', 'max_msgs_per_subject']);
/** Consumers: which messages come, and what happens to them afterwards. */
const FIXED_CONSUMER_FIELDS: ReadonlySet<string> = new Set([
  'durable_name',
  'ack_policy',
  'deliver_policy',
  'replay_policy',
  'filter_subject',
  'deliver_subject',
]);

/** The first server that knows the field; earlier ones drop it in silence. Source: release notes of nats-server. */
const KNOWN_SINCE: Readonly<Record<string, string>> = {
  metadata: '2.10.0',
  compression: '2.10.0',
  filter_subjects: '2.10.0',
  subject_transform: '2.10.0',
  consumer_limits: '2.10.0',
  first_seq: '2.10.0',
  allow_msg_ttl: '2.11.0',
  subject_delete_marker_ttl: '2.11.0',
  pause_until: '2.11.0',
  priority_groups: '2.11.0',
  priority_policy: '2.11.0',
  allow_atomic: '2.12.0',
  allow_msg_counter: '2.12.0',
  allow_msg_schedules: '2.12.0',
  persist_mode: '2.12.0',
};

export const knownSince = (field: string): string | undefined => KNOWN_SINCE[field];

/** Field by field what the server has instead of the wish. Fields without a wish are the server's own business. */
export function differencesOf(what: string, wanted: Config, found: Config): TopologyDifference[] {
  const has = new Map(Object.entries(found));
  return Object.entries(wanted)
    .map(([field, value]) => ({ what, field, wanted: value as unknown, found: has.get(field) as unknown }))
    .filter((difference) => !isSame(difference.wanted, difference.found));
}

/** The server leaves out what is zero, false or empty, and adds entries of its own to maps, such as `metadata`. */
const isSame = (wanted: unknown, found: unknown): boolean =>
  isDeepStrictEqual(wanted, found) || (isNothing(wanted) && isNothing(found)) || isWithin(wanted, found);

const isWithin = (wanted: unknown, found: unknown): boolean =>
  isMap(wanted) && isMap(found) && Object.entries(wanted).every(([key, value]) => isSame(value, found[key]));

const isMap = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isNothing = (value: unknown): boolean =>
  value === undefined ||
  value === null ||
  value === false ||
  value === 0 ||
  value === '' ||
  (Array.isArray(value) && value.length === 0);

export function streamChange(difference: TopologyDifference, volatile: boolean): Change {
  if (FIXED_STREAM_FIELDS.has(difference.field)) return 'refused';
  if (RETENTION_FIELDS.has(difference.field)) {
    return volatile || limit(difference.wanted) >= limit(difference.found) ? 'safe' : 'refused';
  }
  return difference.field === 'subjects' && !includesAll(difference.wanted, difference.found) ? 'refused' : 'safe';
}

export const consumerChange = (difference: TopologyDifference): Change =>
  FIXED_CONSUMER_FIELDS.has(difference.field) ? 'refused' : 'safe';

const limit = (value: unknown): number => (typeof value === 'number' && value > 0 ? value : Infinity);

const includesAll = (wanted: unknown, found: unknown): boolean =>
  Array.isArray(wanted) && (!Array.isArray(found) || found.every((subject) => wanted.includes(subject)));
