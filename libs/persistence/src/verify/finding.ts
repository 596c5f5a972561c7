/** What differs: of the log, of a projection, of the archive, of the stream's copy. */
export const FINDING_SUBJECTS = ['event', 'row', 'count', 'segment', 'message'] as const;
export type FindingSubject = (typeof FINDING_SUBJECTS)[number];

/** One thing that is not as the log, or what was hashed, says. */
export interface RecordFinding {
  what: FindingSubject;
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
