import { ValidationFailed } from '@aet/contracts';

/** The last run of a page. */
export interface ListCursor {
  submittedAt: string;
  runId: string;
}

export const older = ({ submittedAt, runId }: ListCursor, bind: (value: unknown) => string): string =>
  `(submitted_at, run_id) < (${bind(submittedAt)}::timestamptz, ${bind(runId)})`;

/** Opaque to callers. */
export const cursorAfter = ({ submittedAt, runId }: ListCursor): string =>
  Buffer.from(JSON.stringify([submittedAt, runId])).toString('base64url');

/** @throws {ValidationFailed} */
export function parseCursor(text: string): ListCursor {
  try {
    const [submittedAt, runId] = JSON.parse(Buffer.from(text, 'base64url').toString('utf8')) as [unknown, unknown];
    if (typeof runId === 'string' && !runId.includes('\0') && typeof submittedAt === 'string') {
      return { submittedAt: new Date(submittedAt).toISOString(), runId };
    }
  } catch {
    // not one of ours: said below
  }
  throw new ValidationFailed('the cursor is not one that a page gave: leave it out to begin at the newest run', [
    { path: 'cursor', rule: 'cursor', message: 'must be `next` of an earlier page' },
  ]);
}
