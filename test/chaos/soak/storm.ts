import { setTimeout as sleep } from 'node:timers/promises';
import type { ChildProgram } from '../child-program.ts';
import type { SeededRandom } from '../random.ts';

/** How often each was done. */
export type StormCounts = Record<'kill' | 'pause' | 'restart', number>;

/** Between two blows at one program. Milliseconds. */
const QUIET: readonly [number, number] = [1_000, 12_000];
const PAUSED: readonly [number, number] = [500, 9_000];
const DEAD: readonly [number, number] = [100, 4_000];

/** Kills, pauses and restarts programs, each by itself and so at times all of them at once, until the signal; then all of them run. */
export async function storm(programs: readonly ChildProgram[], random: SeededRandom, until: AbortSignal): Promise<StormCounts> {
  const counts: StormCounts = { kill: 0, pause: 0, restart: 0 };
  await Promise.all(programs.map((program) => strike(program, random, until, counts)));
  return counts;
}

async function strike(program: ChildProgram, random: SeededRandom, until: AbortSignal, counts: StormCounts): Promise<void> {
  const wait = (range: readonly [number, number]): Promise<void> =>
    sleep(random.between(...range), undefined, { signal: until }).catch(() => undefined);
  for (await wait(QUIET); !until.aborted; await wait(QUIET)) {
    const blow = random.pick(['kill', 'pause', 'restart'] as const);
    counts[blow]++;
    if (blow === 'pause') {
      program.pause();
      await wait(PAUSED);
      program.resume();
    } else {
      await (blow === 'kill' ? program.kill() : program.stop());
      await wait(DEAD);
      await program.launch();
    }
  }
}
