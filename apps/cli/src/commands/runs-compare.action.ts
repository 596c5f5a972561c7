import { NotFound, type RunDifferences, ValidationFailed } from '@aet/contracts';
import { parseWorkflow } from '@aet/runs';
import { readFileSync } from 'node:fs';
import { ConsoleOutput } from '../adapters/console-output.js';
import { differenceLines } from '../domain/run-table.js';
import { ExitCode } from './command-context.js';
import type { RunsOptions, RunsReplayOptions } from './runs.command.js';
import { runsClient } from './runs-words.action.js';

export async function replayRun(run: string, options: RunsReplayOptions, named: string | undefined): Promise<number> {
  const { workflow, file } = options;
  if (workflow !== undefined && file !== undefined) {
    const message = 'give either --workflow or --file';
    throw new ValidationFailed(message, [{ path: 'file', rule: 'oneOf', message }]);
  }
  const client = runsClient(options, named);
  const other = file !== undefined ? { document: parseWorkflow(read(file), file) } : workflow !== undefined ? { workflow } : {};
  const replayed = await client.replay(await client.idOf(run), other);
  const same = `${replayed.events} events, decided again as ${replayed.workflow}: nothing differs`;
  return show(replayed, options, same);
}

export async function diffRuns(run: string, other: string, options: RunsOptions, named: string | undefined): Promise<number> {
  const client = runsClient(options, named);
  const diff = await client.diff(await client.idOf(run), await client.idOf(other));
  return show(diff, options, 'nothing differs');
}

/** As `diff` does: 1 when there is a difference. */
function show(found: RunDifferences, options: RunsOptions, same: string): number {
  const output = new ConsoleOutput();
  if (options.json === true) output.json(found);
  else for (const line of found.same ? [same] : differenceLines(found)) output.result(line);
  return found.same ? ExitCode.Done : ExitCode.Failed;
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new NotFound(`${file} cannot be read: ${(error as Error).message}`, { cause: error });
  }
}
