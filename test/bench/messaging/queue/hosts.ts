import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export interface HostsPlan {
  hosts: number;
  slots: number;
  taskMs: number;
  /** Tasks that are in the queue. */
  count: number;
  /** It ends after this in any case. */
  limitMs: number;
}

export interface HostsReport {
  /** Tasks by second. */
  rate: number;
  /** Tasks of the host with the fewest, and of the one with the most. */
  least: number;
  most: number;
}

const program = fileURLToPath(new URL('../programs/queue-host.program.ts', import.meta.url));

/** Hosts that are processes of their own at the queue, all ready before the first begins. */
export async function workedByHosts(url: string, { hosts, slots, taskMs, count, limitMs }: HostsPlan): Promise<HostsReport> {
  const done = new Map<ChildProcess, number>();
  try {
    for (let number = 0; number < hosts; number++) {
      const child = fork(program, [url, `host-${number}`, String(slots), String(taskMs)], {
        stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      });
      done.set(child, 0);
    }
    await Promise.all([...done.keys()].map((child) => next(child)));
    const began = performance.now();
    const all = Promise.withResolvers<void>();
    for (const child of done.keys()) {
      child.on('message', (tasks: number) => {
        done.set(child, tasks);
        if (sumOf(done) >= count) all.resolve();
      });
      child.once('exit', () => all.reject(new Error('a host of the bench ended')));
      child.send('begin');
    }
    const limit = setTimeout(() => all.resolve(), limitMs);
    await all.promise;
    clearTimeout(limit);
    const rate = (sumOf(done) / (performance.now() - began)) * 1_000;
    return { rate, least: Math.min(...done.values()), most: Math.max(...done.values()) };
  } finally {
    for (const child of done.keys()) child.removeAllListeners('exit').kill('SIGKILL');
  }
}

const sumOf = (done: ReadonlyMap<ChildProcess, number>): number => [...done.values()].reduce((sum, value) => sum + value, 0);

function next(child: ChildProcess): Promise<unknown> {
  return new Promise((resolve, reject) => {
    child.once('message', resolve);
    child.once('exit', (code) => reject(new Error(`a host of the bench ended with ${code}`)));
  });
}
