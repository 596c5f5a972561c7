import { spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { repositoryWithTrouble } from '../e2e/sample-repository.ts';

/** One line of a benchmark. `peer` is null where nothing comparable exists. */
interface Line {
  bench: string;
  value: number;
  unit: string;
  peer: string | null;
  peerValue: number | null;
  ratio: number | null;
  goal: string | null;
  reached: boolean | null;
}

/** What `aet start --once --json` prints, as far as it is used here. */
interface Started {
  times: { bootMs: number };
  processes: { name: string; readySeconds?: number; residentBytes?: number }[];
}

const RUNS = 5;
const SERVICE_GOAL_SECONDS = 1;
const FLEET_GOAL_MS = 8_000;

/** Starts of a whole fleet with a small review, each to its end: the first in a fresh folder, the others in the same. Medians. */
export async function* bench(): AsyncGenerator<Line> {
  const repository = repositoryWithTrouble();
  try {
    const first = await start(repository.path);
    yield line('fleet ready, first start of a folder', first.times.bootMs / 1000, 's', null, null);
    const later: Started[] = [];
    for (let run = 0; run < RUNS; run++) later.push(await start(repository.path));
    const fleet = median(later.map((started) => started.times.bootMs));
    yield line('fleet ready, later start', fleet / 1000, 's', '≤ 8 s', fleet <= FLEET_GOAL_MS);
    for (const { name } of first.processes) {
      const of = later.flatMap((started) => started.processes.filter((process) => process.name === name));
      const ready = median(of.flatMap(({ readySeconds }) => (readySeconds === undefined ? [] : [readySeconds])));
      const memory = median(of.flatMap(({ residentBytes }) => (residentBytes === undefined ? [] : [residentBytes])));
      if (!Number.isNaN(ready))
        yield line(`${name} ready, all starting at once`, ready, 's', '< 1 s', ready < SERVICE_GOAL_SECONDS);
      yield line(`${name} resident memory`, memory / 2 ** 20, 'MiB', null, null);
    }
    const total = median(later.map(({ processes }) => processes.reduce((sum, { residentBytes = 0 }) => sum + residentBytes, 0)));
    yield line('fleet resident memory', total / 2 ** 20, 'MiB', '< 1536 MiB', total < 1536 * 2 ** 20);
  } finally {
    rmSync(repository.path, { recursive: true, force: true });
  }
}

const line = (bench: string, value: number, unit: string, goal: string | null, reached: boolean | null): Line => ({
  bench,
  value: Math.round(value * 100) / 100,
  unit,
  peer: null,
  peerValue: null,
  ratio: null,
  goal,
  reached,
});

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

function start(project: string): Promise<Started> {
  const bin = fileURLToPath(new URL('../../apps/cli/bin/aet.mjs', import.meta.url));
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [bin, 'start', '--once', '--json'], {
      cwd: project,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    let errors = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
    child.once('error', reject);
    child.once('close', (code) =>
      code === 0 ? resolve(JSON.parse(output) as Started) : reject(new Error(`aet start ended with ${code}: ${errors}`)),
    );
  });
}
