import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pause } from '@aet/resilience';
import type { ProcessIdentity } from '../domain/process-identity.js';
import { identityOf, isAlive } from './process-table.js';

/** Of two that come at the same instant both may step back; after so many rounds the other one is there to stay. */
const ROUNDS = 6;
const STEP_BACK_MS = 120;

/**
 * At most one process of a kind in a folder. A claim is a file whose name is the process' identity; it ends with the process, however
 * that dies. First announce, then look: of two at least one sees the other. What a dead process left is removed without a race, because
 * the name belongs to that process alone.
 */
export class FolderLock implements Disposable {
  private constructor(private readonly claim: string) {}

  /** The lock, or who has it. */
  static async take(dir: string): Promise<FolderLock | ProcessIdentity> {
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    const self = identityOf(process.pid);
    if (self === undefined) throw new Error(`process ${process.pid} does not find itself in the process table`);
    const claim = join(dir, nameOf(self));
    for (let round = 1; ; round++) {
      const before = livingClaims(dir, self)[0];
      if (before === undefined) {
        writeFileSync(claim, '', { mode: 0o600 });
        if (livingClaims(dir, self).length === 0) return new FolderLock(claim);
        rmSync(claim, { force: true });
      } else if (round >= ROUNDS) {
        return before;
      }
      await pause(Math.random() * STEP_BACK_MS);
    }
  }

  [Symbol.dispose](): void {
    rmSync(this.claim, { force: true });
  }
}

const nameOf = ({ pid, start }: ProcessIdentity): string => `${pid}.${start.replaceAll(/[^A-Za-z0-9-]/g, '_')}`;

function livingClaims(dir: string, self: ProcessIdentity): ProcessIdentity[] {
  return readdirSync(dir).flatMap((name) => {
    const pid = Number(/^(\d+)\./.exec(name)?.[1]);
    if (!Number.isInteger(pid) || name === nameOf(self)) return [];
    const holder = identityOf(pid);
    if (holder !== undefined && nameOf(holder) === name && isAlive(holder)) return [holder];
    rmSync(join(dir, name), { force: true });
    return [];
  });
}
