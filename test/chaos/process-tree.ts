import { readdirSync, readFileSync } from 'node:fs';

/** Processes that the process started, and theirs. Linux: read from /proc; elsewhere none are found. */
function childrenOf(pid: number): number[] {
  const parents = new Map<number, number[]>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      // The name of the program, in parentheses, may hold anything; the state and the parent's pid follow it.
      const [, parent] = /\) \S (\d+) /.exec(readFileSync(`/proc/${name}/stat`, 'utf8')) ?? [];
      parents.set(Number(parent), [...(parents.get(Number(parent)) ?? []), Number(name)]);
    } catch {
      // It ended meanwhile.
    }
  }
  const all = (of: number): number[] => (parents.get(of) ?? []).flatMap((child) => [child, ...all(child)]);
  return all(pid);
}

/** Stops a server with all its processes: first the one that would start more. */
export function pauseTree(pid: number): void {
  process.kill(pid, 'SIGSTOP');
  for (const child of childrenOf(pid)) send(child, 'SIGSTOP');
}

export function resumeTree(pid: number): void {
  for (const child of childrenOf(pid)) send(child, 'SIGCONT');
  send(pid, 'SIGCONT');
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It ended meanwhile.
  }
}
