import { randomBytes } from 'node:crypto';
import { type FileHandle, constants, open, readFile, readdir, rename, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { MARK_BYTES, decodeMarks, encodeMarks } from './done-marks.js';
import { type OutboxRecord, type SegmentScan, decodeRecord, encodeRecord, scanSegment } from './outbox-record.js';

/** Opens a file of the outbox. A parameter so that a test can have a disk that is full. */
export type OpenFile = (path: string, flags: string | number) => Promise<FileHandle>;

export const openFile: OpenFile = (path, flags) => open(path, flags, 0o600);

const NAME = /^(\d{10})-([0-9a-f]{8})\.seg$/;

/**
 * One file of records, with its marks beside it. Its name has its number, which is its place in the order, and its salt.
 * Callers see to it that one write is under way at most.
 */
export class Segment {
  /** Bytes of good records. */
  size = 0;
  /** It holds what must not be deleted: damage, or a message that no stream takes. */
  keep = false;
  private readonly unsaved: number[] = [];
  private marks: FileHandle | undefined;
  /** Bytes of marks that are written whole. The next ones go behind them, over what a crash or a full disk tore. */
  private marksSize = 0;
  private marking: Promise<void> | undefined;

  private constructor(
    readonly number: number,
    private readonly salt: number,
    private readonly path: string,
    private readonly file: FileHandle,
    private readonly openFile: OpenFile,
  ) {}

  static async create(folder: string, number: number, openFile: OpenFile): Promise<Segment> {
    const salt = randomBytes(4).readUInt32BE();
    const path = join(folder, `${String(number).padStart(10, '0')}-${salt.toString(16).padStart(8, '0')}.seg`);
    return new Segment(number, salt, path, await openFile(path, 'wx+'), openFile);
  }

  /** All segments of a folder, the oldest first. What a crash left of a deleted one is removed. */
  static async ofFolder(folder: string, openFile: OpenFile): Promise<Segment[]> {
    const names = (await readdir(folder)).toSorted();
    const segments: Segment[] = [];
    for (const name of names) {
      const [, number, salt] = NAME.exec(name) ?? [];
      const path = join(folder, name);
      if (number !== undefined && salt !== undefined) {
        segments.push(new Segment(Number(number), Number.parseInt(salt, 16), path, await openFile(path, 'r+'), openFile));
      } else if (name.endsWith('.done') && !names.includes(name.replace(/\.done$/, '.seg'))) {
        await rm(path, { force: true });
      }
    }
    return segments;
  }

  /** Reads all of it once, at the start. */
  async recover(): Promise<SegmentScan & { done: Set<number>; bytes: number }> {
    const bytes = await this.file.readFile();
    const scan = scanSegment(bytes, this.salt);
    this.size = bytes.length;
    const marks = await readFile(this.marksPath).catch(() => Buffer.alloc(0));
    this.marksSize = marks.length - (marks.length % MARK_BYTES);
    return { ...scan, done: decodeMarks(marks, this.salt), bytes: bytes.length };
  }

  /** Takes off what a crash tore. */
  async cutTo(size: number): Promise<void> {
    await this.file.truncate(size);
    this.size = size;
  }

  /** Writes records behind the last one: all of them, or none. Gives back where each lies. @throws what the disk says */
  async append(records: readonly OutboxRecord[]): Promise<{ offset: number; length: number }[]> {
    const encoded = records.map((record) => encodeRecord(record, this.salt));
    const bytes = Buffer.concat(encoded);
    try {
      await writeAll(this.file, bytes, this.size);
    } catch (error) {
      // If the disk does not even take that: the record was not whole, and whoever reads it finds out.
      await this.file.truncate(this.size).catch(() => undefined);
      throw error;
    }
    let offset = this.size;
    this.size += bytes.length;
    return encoded.map(({ length }) => ({ offset: (offset += length) - length, length }));
  }

  sync(): Promise<void> {
    return this.file.datasync();
  }

  /** Nothing when the record is not good any more. */
  async read({ offset, length }: { offset: number; length: number }): Promise<OutboxRecord | undefined> {
    const bytes = Buffer.allocUnsafe(length);
    const { bytesRead } = await this.file.read(bytes, 0, length, offset);
    return bytesRead < length ? undefined : decodeRecord(bytes, 0, this.salt)?.record;
  }

  /**
   * Notes that a stream has the record. Marks that come while others are written are written together. A mark that the disk does not take is
   * dropped: after a crash the record is published once more, under its message id.
   */
  mark(offset: number): void {
    this.unsaved.push(offset);
    this.marking ??= this.saveMarks().finally(() => (this.marking = undefined));
  }

  private async saveMarks(): Promise<void> {
    while (this.unsaved.length > 0) {
      const bytes = encodeMarks(this.unsaved.splice(0), this.salt);
      try {
        this.marks ??= await this.openFile(this.marksPath, constants.O_RDWR | constants.O_CREAT);
        await writeAll(this.marks, bytes, this.marksSize);
        this.marksSize += bytes.length;
      } catch {
        // See above.
      }
    }
  }

  /** Gives the space back, or sets the file aside. */
  async remove(): Promise<void> {
    await this.close();
    if (this.keep) await rename(this.path, join(this.path, '..', SET_ASIDE, basename(this.path)));
    else await rm(this.path, { force: true });
    await rm(this.marksPath, { force: true });
  }

  async close(): Promise<void> {
    await this.marking;
    await this.marks?.close();
    await this.file.close();
  }

  private get marksPath(): string {
    return this.path.replace(/\.seg$/, '.done');
  }
}

/** Folder, inside an outbox, of segments that are kept for a person. */
export const SET_ASIDE = 'set-aside';

/** A disk that fills up takes a part of a write first. */
async function writeAll(file: FileHandle, bytes: Buffer, position: number): Promise<void> {
  for (let done = 0; done < bytes.length;) {
    const { bytesWritten } = await file.write(bytes, done, bytes.length - done, position + done);
    done += bytesWritten;
  }
}
