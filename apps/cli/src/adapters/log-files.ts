import { closeSync, fstatSync, openSync, readdirSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { inOrder, readLogLine } from '../domain/log-line.js';
import type { StateFolder } from './state-folder.js';

/** Enough of a file's end for any sensible number of lines. Bytes. */
const TAIL_BYTES = 512 * 1024;

export type FoundLine = ReturnType<typeof readLogLine>;

/** The log files of a fleet's cells. Each call of `next` gives what was added since the one before. */
export class LogFiles {
  private readonly positions = new Map<string, { inode: number; offset: number }>();

  constructor(
    private readonly state: StateFolder,
    private readonly cell: string | undefined,
  ) {}

  next(): FoundLine[] {
    return inOrder(this.files().map(({ path, name }) => this.added(path).map((raw) => readLogLine(raw, name))));
  }

  private files(): { path: string; name: string }[] {
    const cells = namesIn(join(this.state.root, 'cells')).filter((name) => this.cell === undefined || name === this.cell);
    return cells.flatMap((cell) => {
      const folder = this.state.cell(cell).logs();
      return namesIn(folder)
        .filter((file) => file.endsWith('.log'))
        .map((file) => ({ path: join(folder, file), name: file.replace(/(\.out)?\.log$/, '') }));
    });
  }

  /** A file that was replaced or cut is read from its beginning. */
  private added(path: string): string[] {
    const file = openSync(path, 'r');
    try {
      const { ino, size } = fstatSync(file);
      const known = this.positions.get(path);
      const fresh = known === undefined || known.inode !== ino || known.offset > size;
      const from = fresh ? (known === undefined ? Math.max(0, size - TAIL_BYTES) : 0) : known.offset;
      const buffer = Buffer.alloc(size - from);
      const text = buffer.toString('utf8', 0, readSync(file, buffer, 0, buffer.length, from));
      const whole = text.slice(0, text.lastIndexOf('\n') + 1);
      this.positions.set(path, { inode: ino, offset: from + Buffer.byteLength(whole) });
      const lines = whole.split('\n').filter((line) => line !== '');
      return known === undefined && from > 0 ? lines.slice(1) : lines;
    } finally {
      closeSync(file);
    }
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
