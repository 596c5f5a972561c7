// One preparation (install, build) at a time in a folder. Node 20, no dependencies: it runs before anything is installed.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** When a process began, so that a process id which the system gave out again is not taken for its predecessor. Undefined: it is gone. */
function startOf(pid) {
  try {
    if (process.platform === 'linux') {
      const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').slice(0, 8);
      const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      return fields[0] === 'Z' ? undefined : `${fields[19]}-${boot}`;
    }
    process.kill(pid, 0);
    const text = execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim();
    return text === '' ? undefined : text.replace(/[^A-Za-z0-9]+/g, '-');
  } catch {
    return undefined;
  }
}

/** Claims of living processes. One that a dead process left is removed: its name belongs to that process alone, so nobody else's goes. */
function claims(dir) {
  return readdirSync(dir).filter((name) => {
    const [, pid, start] = /^(\d+)\.(.+)$/.exec(name) ?? [];
    if (pid === undefined) return false;
    if (startOf(Number(pid)) === start) return true;
    rmSync(join(dir, name), { force: true });
    return false;
  });
}

/**
 * Runs `action` alone in this folder. First announce, then look: of two that come at once at least one sees the other and steps back
 * for a random while. A claim ends with its process, however that dies.
 */
export async function alone(dir, onWait, action) {
  mkdirSync(dir, { recursive: true });
  const mine = `${process.pid}.${startOf(process.pid)}`;
  for (let waits = 0; ; waits++) {
    if (claims(dir).length === 0) {
      writeFileSync(join(dir, mine), '');
      if (claims(dir).length === 1) break;
      rmSync(join(dir, mine), { force: true });
    }
    if (waits === 5) onWait();
    await sleep(50 + Math.random() * 150);
  }
  try {
    return await action();
  } finally {
    rmSync(join(dir, mine), { force: true });
  }
}
