import { AetError, ErrorCode, ResourceExhausted } from '@aet/contracts';

/** The embedded PostgreSQL cannot be set up here; the message says what to change. */
export class EmbeddedPostgresFailed extends AetError {
  readonly code = ErrorCode.Unavailable;
}

/** Every way out of a machine on which it cannot run. */
export const ELSEWHERE = 'or give a PostgreSQL of your own: put its URL into a file of mode 0600 and name it in database.urlFile';

/** A file-system error, or what initdb printed, as an error that says the remedy. */
export function folderFailed(folder: string, error: unknown): AetError {
  const text = error instanceof Error ? error.message : String(error);
  const cause = { cause: error };
  if (/ENOSPC|EDQUOT|No space left|Disk quota/i.test(text)) {
    return new ResourceExhausted(
      `no space for the database in ${folder}: free some (200 MB are needed), then start again`,
      cause,
    );
  }
  if (/EROFS|Read-only file system/i.test(text)) {
    return new EmbeddedPostgresFailed(
      `${folder} is on a read-only file system: start from a folder that can be written, ${ELSEWHERE}`,
      cause,
    );
  }
  if (/EACCES|EPERM|Permission denied|Operation not permitted/i.test(text)) {
    return new EmbeddedPostgresFailed(
      `no permission to write ${folder}: give it to the user that starts the fleet, ${ELSEWHERE}`,
      cause,
    );
  }
  return new EmbeddedPostgresFailed(`the database in ${folder} could not be made: ${text.trim()}`, cause);
}
