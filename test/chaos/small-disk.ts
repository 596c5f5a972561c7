import { execFileSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';

const CHUNK = Buffer.alloc(64 * 1024);

/** Whether this process may mount a disk: Linux, and root. */
export const canMount = process.platform === 'linux' && process.getuid?.() === 0;

/** A disk of its own in memory, of some megabytes, that can be filled to the last byte. */
export class SmallDisk implements Disposable {
  readonly dir: string;
  private readonly unmount = (): void => void execFileSync('umount', ['-l', this.dir]);

  private constructor(dir: string) {
    this.dir = dir;
    // A test runner that ends in a hurry must not leave mounts behind.
    process.once('exit', this.unmount);
  }

  static mount(dir: string, megabytes: number): SmallDisk {
    mkdirSync(dir, { recursive: true });
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'aet-chaos', dir]);
    return new SmallDisk(dir);
  }

  /** Leaves no byte. */
  fill(): void {
    const file = openSync(this.ballast, 'a');
    try {
      for (;;) writeSync(file, CHUNK);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
    } finally {
      closeSync(file);
    }
  }

  free(): void {
    rmSync(this.ballast, { force: true });
  }

  [Symbol.dispose](): void {
    process.removeListener('exit', this.unmount);
    this.unmount();
  }

  private get ballast(): string {
    return join(this.dir, 'ballast');
  }
}
