import {
  AetError,
  Conflict,
  ErrorCode,
  type RunEvent,
  RunEventType,
  type RunExportEvent,
  type StoredRunEvent,
} from '@aet/contracts';
import { broken, type ChainEnd, checkChain, EVENT_VERSIONS, GENESIS, link, type LinkedEvent } from '@aet/runs';
import { closeSync, fdatasyncSync, ftruncateSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import type { OpenRunLog } from '../application/simple-ports.js';
import { FolderLock } from './folder-lock.js';

/** The disk did not take it; what stood in the log before stands there still. */
class LogRefused extends AetError {
  readonly code = ErrorCode.Unavailable;
}

const REMEDIES: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full: free some space',
  EDQUOT: 'your disk quota is used up: free some space',
  EFBIG: 'files may not grow so large here: raise the limit (`ulimit -f`)',
  EROFS: 'the file system is read-only: use a folder that can be written, with --project',
  EACCES: 'you may not write there: use a folder of your own, with --project',
};

/**
 * A run's log as a file: a line for each event, in the format of `aet runs export`, with the same hash chain. An append is one write, which a killed
 * process leaves whole or torn: a torn last line, and the lines of its append, never happened. The disk is waited for at checkpoints and at the run's end.
 */
export class FileRunLog implements OpenRunLog {
  private constructor(
    private readonly runId: string,
    private readonly path: string,
    private readonly fd: number,
    private readonly lock: FolderLock,
    readonly events: readonly StoredRunEvent[],
    private end: ChainEnd,
    private length: number,
  ) {}

  /** @throws {Conflict} when another process has it. @throws {InternalError} when it was changed by something else */
  static async open(path: string, runId: string): Promise<FileRunLog> {
    const lock = await FolderLock.take(lockOf(path));
    if (!(lock instanceof FolderLock))
      throw new Conflict(`run ${runId} is being done by process ${lock.pid}: wait for it, or stop it with Ctrl-C`);
    try {
      const { linked, length } = readLines(path, runId);
      const end = checkChain(runId, { sequence: 0, hash: GENESIS }, linked);
      const fd = openSync(path, 'a', 0o600);
      ftruncateSync(fd, length);
      return new FileRunLog(runId, path, fd, lock, linked.map(stored), end, length);
    } catch (error) {
      lock[Symbol.dispose]();
      throw error;
    }
  }

  append(events: readonly RunEvent[]): StoredRunEvent[] {
    const time = new Date().toISOString();
    const linked = link(
      this.end.hash,
      events.map(({ type, data }, index) => ({
        runId: this.runId,
        sequence: this.end.sequence + index + 1,
        type: EVENT_VERSIONS.typeOf(type),
        time,
        data: JSON.stringify(data),
      })),
    );
    const last = linked.at(-1);
    if (last === undefined) return [];
    this.write(linked, events.some(isKept));
    this.end = { sequence: last.sequence, hash: last.hash };
    return linked.map(stored);
  }

  private write(linked: readonly LinkedEvent[], flush: boolean): void {
    // The last line of an append ends it: without that the lines before it are dropped as well.
    const text = linked.map((event, index) => lineOf(event, index === linked.length - 1)).join('');
    const bytes = Buffer.from(text);
    try {
      for (let written = 0; written < bytes.length;) written += writeSync(this.fd, bytes, written);
      if (flush) fdatasyncSync(this.fd);
    } catch (error) {
      ftruncateSync(this.fd, this.length);
      const { code = '' } = error as NodeJS.ErrnoException;
      const remedy = REMEDIES[code] ?? 'look at the disk';
      throw new LogRefused(
        `${this.path} cannot be written (${code}): ${remedy}, then go on with \`aet simple --resume ${this.runId}\``,
        { cause: error },
      );
    }
    this.length += bytes.length;
  }

  [Symbol.dispose](): void {
    closeSync(this.fd);
    // A run that was refused before its first event was none.
    if (this.length === 0) rmSync(this.path, { force: true });
    this.lock[Symbol.dispose]();
    rmSync(lockOf(this.path), { recursive: true, force: true });
  }
}

/** The events of a run's file, without taking it; undefined when there is none. The chain is checked. */
export function readRunFile(path: string, runId: string): StoredRunEvent[] | undefined {
  const { linked, found } = readLines(path, runId);
  if (!found) return undefined;
  checkChain(runId, { sequence: 0, hash: GENESIS }, linked);
  return linked.map(stored);
}

const lockOf = (path: string): string => `${path}.lock`;

/** After these nothing may be lost with the machine. */
const isKept = ({ type }: RunEvent): boolean =>
  type === RunEventType.CheckpointReached ||
  type === RunEventType.Completed ||
  type === RunEventType.Failed ||
  type === RunEventType.Cancelled;

/** A line that more lines of the same append follow says so. */
type Line = RunExportEvent & { more?: true };

/** `data` stands in it as the very text that was hashed. */
const lineOf = ({ sequence, type, time, hash, data }: LinkedEvent, last: boolean): string =>
  `{"event":${JSON.stringify({ sequence, type, time, hash }).slice(0, -1)},"data":${data}}${last ? '' : ',"more":true'}}\n`;

function readLines(path: string, runId: string): { linked: LinkedEvent[]; length: number; found: boolean } {
  let text: Buffer;
  try {
    text = readFileSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { linked: [], length: 0, found: false };
    throw error;
  }
  const linked: LinkedEvent[] = [];
  let [prevHash, whole, length] = [GENESIS, 0, 0];
  for (let at = 0; at < text.length;) {
    const end = text.indexOf(0x0a, at);
    if (end < 0) break; // torn: the process died while it wrote
    const line = parsed(text.toString('utf8', at, end));
    if (line === undefined) throw broken(runId, linked.length + 1, 'is not what was written');
    const { sequence, type, time, hash, data } = line.event;
    linked.push({ runId, sequence, type, time, hash, prevHash, data: JSON.stringify(data) });
    prevHash = hash;
    at = end + 1;
    if (line.more !== true) [whole, length] = [linked.length, at];
  }
  return { linked: linked.slice(0, whole), length, found: true };
}

function parsed(text: string): Line | undefined {
  try {
    const line = JSON.parse(text) as Partial<Line> | null;
    return typeof line?.event?.sequence === 'number' ? (line as Line) : undefined;
  } catch {
    return undefined;
  }
}

const stored = ({ runId, sequence, type, time, data, hash }: LinkedEvent): StoredRunEvent =>
  EVENT_VERSIONS.upcast({ runId, sequence, type, time, hash, data: JSON.parse(data) as unknown });
