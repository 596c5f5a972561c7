import { join } from 'node:path';
import { Conflict } from '@aet/contracts';

/** Result code of SQLite for a file that somebody else has locked. Source: https://www.sqlite.org/rescode.html#busy */
const SQLITE_BUSY = 5;

/**
 * Takes a folder for this process, until it is given back or the process ends, however that happens. Node has no lock on files of its own;
 * its SQLite has a portable one, held by the operating system. The file stays empty: nothing is written, so a full disk does no harm.
 * @throws {Conflict} another process has it, or this one already
 */
export function lockFolder(folder: string): Disposable {
  // Loaded here: most processes never come this far.
  const { DatabaseSync } = process.getBuiltinModule('node:sqlite');
  const database = new DatabaseSync(join(folder, 'lock'));
  try {
    database.exec('PRAGMA journal_mode = MEMORY; PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');
  } catch (cause) {
    database.close();
    if ((cause as { errcode?: number }).errcode !== SQLITE_BUSY) throw cause;
    throw new Conflict(`the outbox ${folder} is in use by another process: give each process a folder of its own`, { cause });
  }
  return { [Symbol.dispose]: () => database.close() };
}
