import { IsOptional, IsString, Matches, MaxLength } from 'class-validator';
import { RFC3339 } from '../instant.js';
import { ServiceName } from '../service-name.js';
import { Empty, IDEMPOTENT, rpcMethod } from './method.js';

/** Name of a segment, such as `20261121T161212-d458c0af`. */
export const SEGMENT_NAME = /^\d{8}T\d{6}-[0-9a-f]{8}$/;

export class RebuildRecord {
  /** RFC 3339: runs that have not changed since keep their rows. Absent: all are made anew. */
  @IsOptional()
  @Matches(RFC3339, { message: 'fromTimestamp must be a time with its zone, such as 2026-11-21T18:00:00Z' })
  fromTimestamp?: string;

  /** For the record. */
  @IsOptional()
  @IsString()
  @MaxLength(200)
  by?: string;
}

/** `folding` the log, building `indexes`, `catching-up` with appends that go on meanwhile, `swapping`. */
export type RebuildPhase = 'folding' | 'indexes' | 'catching-up' | 'swapping' | 'done';
export interface RebuildProgress {
  phase: RebuildPhase;
  runs: number;
  events: number;
  /** Runs of the log, as they were at the beginning. */
  totalRuns: number;
  seconds: number;
}

/** Reading the `stream`, the `runs` with their rows and segments, then `settling` what was in doubt. */
export type VerifyPhase = 'stream' | 'runs' | 'settling' | 'done';
export interface VerifyProgress {
  phase: VerifyPhase;
  runs: number;
  events: number;
  messages: number;
  findings: number;
  totalRuns: number;
  seconds: number;
}

/** What differs: of the log, of a projection, of the archive, of the stream's copy. */
export const RECORD_SUBJECTS = ['event', 'row', 'count', 'segment', 'message'] as const;
export type RecordSubject = (typeof RECORD_SUBJECTS)[number];

/** One thing that is not as the log, or what was hashed, says. */
export interface RecordFinding {
  what: RecordSubject;
  kind: 'changed' | 'lost' | 'added';
  /** A sentence with all that names it. */
  message: string;
  runId?: string;
  sequence?: number;
  table?: string;
  segment?: string;
  /** Of the message in the stream. */
  streamSequence?: number;
}

/** One of the many replies of a comparison. */
export type VerifyNews = { progress: VerifyProgress } | { finding: RecordFinding };

export class SegmentRef {
  @Matches(SEGMENT_NAME, { message: 'segment must be the name of a segment, as the list gives it' })
  segment!: string;
}

/** `stored` is whole; the others are what a round that was interrupted left, and the next one removes. */
export type SegmentState = 'writing' | 'stored' | 'removing';
export interface SegmentView {
  segment: string;
  state: SegmentState;
  createdAt: string;
  runs: number;
  events: number;
  bytes: number;
  sha256: string;
}
export interface SegmentList {
  segments: SegmentView[];
}
export interface SegmentDetails extends SegmentView {
  /** Of which runs it holds which events. */
  pieces: { runId: string; from: number; to: number }[];
}

/** A segment, or a run: its events come back into the table. */
export class RestoreArchived {
  /** Name of a segment, or id of a run. */
  @IsString()
  @Matches(/^[0-9a-zA-Z-]{1,64}$/, { message: 'of must be the name of a segment or the id of a run' })
  of!: string;

  /** For the record. */
  @IsOptional()
  @IsString()
  @MaxLength(200)
  by?: string;
}
export interface RestoredRuns {
  runs: string[];
  events: number;
}

export const RecordRpc = {
  rebuild: rpcMethod<RebuildProgress>()(
    ServiceName.Orchestrator,
    'rebuild',
    RebuildRecord,
    'Makes all projections anew from the log beside the serving ones and swaps them; many replies tell how far it is.',
  ),
  verify: rpcMethod<VerifyNews>()(
    ServiceName.Orchestrator,
    'verify-state',
    Empty,
    'Compares log, projections, archive and stream by content; many replies name what differs. Changes nothing.',
  ),
  segments: rpcMethod<SegmentList>()(
    ServiceName.Orchestrator,
    'archive-ls',
    Empty,
    'Segments of archived runs, newest first.',
    IDEMPOTENT,
  ),
  segment: rpcMethod<SegmentDetails>()(
    ServiceName.Orchestrator,
    'archive-show',
    SegmentRef,
    'A segment with the runs whose events it holds.',
    IDEMPOTENT,
  ),
  restore: rpcMethod<RestoredRuns>()(
    ServiceName.Orchestrator,
    'archive-restore',
    RestoreArchived,
    'Puts archived events back into the table, of a run or of a whole segment.',
  ),
} as const;
