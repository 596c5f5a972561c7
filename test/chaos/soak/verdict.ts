import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { PostgresRunList, PostgresRunLog } from '@aet/persistence';
import { foldAll } from '@aet/runs';
import type { Breach } from '../ledger.ts';
import type { Ended } from './lane.ts';

const breach = (rule: string, about: string, says: string): Breach => ({ rule, about, says });

/** Every run ended as it should, and every effect was done once: by the file in which the executor notes what it did. */
export function effectBreaches(ended: readonly Ended[], dir: string): Breach[] {
  const done = Map.groupBy(readFileSync(join(dir, 'performed'), 'utf8').split('\n').slice(0, -1), (key) => key);
  const twice = [...done].filter(([, lines]) => lines.length > 1);
  return [
    ...twice.map(([key, lines]) => breach('an effect is done once', key, `${lines.length} times`)),
    ...ended.flatMap(({ run, runId, status }) => {
      const about = `${run.id} (${run.kind}, run ${runId})`;
      if (!run.ends.some((end) => end === status)) return [breach(`a run ends as ${run.ends.join(' or ')}`, about, status)];
      if (status !== run.ends[0]) return [];
      return run.effects.filter((key) => !done.has(key)).map((key) => breach('an effect is done', about, key));
    }),
  ];
}

/** Chains verify where they are read; the list says what the fold says. */
export async function recordBreaches(ended: readonly Ended[], log: PostgresRunLog, list: PostgresRunList): Promise<Breach[]> {
  const found: Breach[] = [];
  for (const { runId, status } of ended) {
    try {
      const state = foldAll(undefined, await log.read(runId));
      const row = await list.find(runId);
      const says = `fold ${state?.status}, list ${row?.status}, heard ${status}`;
      if (state?.status !== status || row?.status !== status) found.push(breach('the list agrees with the fold', runId, says));
      const attempts = JSON.stringify([state?.attempts, row?.attempts]);
      if (JSON.stringify(state?.attempts) !== JSON.stringify(row?.attempts))
        found.push(breach('the list counts what the fold counts', runId, attempts));
    } catch (error) {
      found.push(breach('the hash chain of a run verifies', runId, (error as Error).message));
    }
  }
  return found;
}
