import { closeSync, existsSync, fstatSync, mkdirSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { enforceQuota } from './log-quota.js';

export interface RotationOptions {
  folder: string;
  /** Such as `agent-1a2b3c4d.log`. Written by one process only. */
  name: string;
  maxFileBytes: number;
  /** Rotated files kept beside the current one: `<name>.1` is the newest. */
  maxFiles: number;
  /** All log files of the folder together. */
  quotaBytes: number;
}

/**
 * A log file that never grows past its limits. Writes are synchronous: a line is the operating system's before the next statement runs,
 * so a process that is killed loses none, and memory never fills with lines that a slow disk does not take.
 * Every method may throw what the file system throws; afterwards the file is closed, and the next write opens it anew.
 */
export class RotatingFile {
  private fd: number | undefined;
  private size = 0;
  private checkedMs = 0;
  private readonly path: string;

  constructor(private readonly options: RotationOptions) {
    this.path = join(options.folder, options.name);
  }

  write(line: string, nowMs: number): void {
    try {
      const bytes = Buffer.byteLength(line);
      if (this.fd !== undefined && this.isUnlinked(nowMs)) this.close();
      if (this.fd === undefined) this.open();
      if (this.size > 0 && this.size + bytes > this.options.maxFileBytes) this.rotate();
      this.writeAll(Buffer.from(line));
    } catch (error) {
      this.close();
      throw error;
    }
  }

  close(): void {
    if (this.fd === undefined) return;
    const fd = this.fd;
    this.fd = undefined;
    closeSync(fd);
  }

  private open(): void {
    mkdirSync(this.options.folder, { recursive: true });
    this.fd = openSync(this.path, 'a', 0o640);
    this.size = fstatSync(this.fd).size;
    enforceQuota(this.options.folder, this.options.quotaBytes, this.options.name);
  }

  private rotate(): void {
    this.close();
    rmSync(`${this.path}.${this.options.maxFiles}`, { force: true });
    for (let n = this.options.maxFiles - 1; n >= 1; n--) {
      if (existsSync(`${this.path}.${n}`)) renameSync(`${this.path}.${n}`, `${this.path}.${n + 1}`);
    }
    renameSync(this.path, `${this.path}.1`);
    this.open();
  }

  /** Another process may have deleted the file for the quota, or a person: looked up once in a second. */
  private isUnlinked(nowMs: number): boolean {
    if (this.fd === undefined || nowMs - this.checkedMs < 1000) return false;
    this.checkedMs = nowMs;
    return fstatSync(this.fd).nlink === 0;
  }

  /** A disk that is nearly full takes a part of a line. */
  private writeAll(buffer: Buffer): void {
    for (let done = 0; done < buffer.length;) done += writeSync(this.fd as number, buffer, done);
    this.size += buffer.length;
  }
}
