import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** The release that we test with and fetch. */
export const PINNED_NATS_SERVER = '2.15.2';
/** The oldest that runs one local cell. Source: measurements on Debian 12's package. */
export const OLDEST_FOR_ONE_CELL = '2.9.10';
/** The oldest that may be clustered or reached from another machine: earlier ones lack security and consistency fixes. */
export const OLDEST_FOR_MANY_CELLS = '2.12.7';

const VERSION = /v?(\d+)\.(\d+)\.(\d+)/;

/** Whether `version` is `minimum` or later. A text without a version is earlier than all. */
export function isAtLeast(version: string, minimum: string): boolean {
  const [have, want] = [parts(version), parts(minimum)];
  if (have === undefined || want === undefined) return false;
  for (const [index, wanted] of want.entries()) {
    const found = have[index] ?? 0;
    if (found !== wanted) return found > wanted;
  }
  return true;
}

const parts = (text: string): number[] | undefined => VERSION.exec(text)?.slice(1).map(Number);

/** What the program says of itself, such as `2.15.2`; undefined when it is not a nats-server that runs here. */
export async function versionOf(binary: string): Promise<string | undefined> {
  try {
    const { stdout } = await run(binary, ['--version'], { timeout: 10_000 });
    return stdout.includes('nats-server') ? parts(stdout)?.join('.') : undefined;
  } catch {
    return undefined;
  }
}
