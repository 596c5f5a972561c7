import { isRunEnded, type RunView } from '@aet/contracts';
import { pause } from '@aet/resilience';
import { ConsoleOutput } from '../adapters/console-output.js';
import type { RunsClient } from '../adapters/runs-client.js';
import { eventLine, runLines, runTable } from '../domain/run-table.js';
import { ExitCode } from './command-context.js';
import { operatorGateway } from './queue.action.js';
import type { RunsEventsOptions, RunsListOptions, RunsOptions } from './runs.command.js';
import { runsClient } from './runs-words.action.js';

/** Between two looks at a log that grows. Milliseconds. */
const LOOK_MS = 500;

export async function listRuns(options: RunsListOptions, named: string | undefined): Promise<number> {
  const { status, workflow, text, lines, cursor } = options;
  const page = await runsClient(options, named).list({
    ...(status === undefined ? {} : { status }),
    ...(workflow === undefined ? {} : { workflow }),
    ...(text === undefined ? {} : { text }),
    ...(lines === undefined ? {} : { limit: lines }),
    ...(cursor === undefined ? {} : { cursor }),
  });
  const output = new ConsoleOutput();
  if (options.json === true) output.json(page);
  else {
    for (const line of runTable(page)) output.result(line);
    if (page.next !== undefined) output.note(`older ones: --cursor ${page.next}`);
  }
  return ExitCode.Done;
}

export async function getRun(run: string, options: RunsOptions, named: string | undefined): Promise<number> {
  const view = await viewOf(runsClient(options, named), run, options, named);
  const output = new ConsoleOutput();
  if (options.json === true) output.json(view);
  else for (const line of runLines(view, Date.now())) output.result(line);
  return ExitCode.Done;
}

/** A line for each event; with `--json` each is its JSON. */
export async function showEvents(run: string, options: RunsEventsOptions, named: string | undefined): Promise<number> {
  const client = runsClient(options, named);
  const runId = await client.idOf(run);
  const output = new ConsoleOutput();
  const interrupted = new AbortController();
  process.once('SIGINT', () => interrupted.abort());
  for (let after = options.after ?? 0; ;) {
    const { events } = await client.events(runId, after);
    for (const event of events) output.result(options.json === true ? JSON.stringify(event) : eventLine(event));
    after = events.at(-1)?.sequence ?? after;
    if (events.length > 0) continue;
    if (options.follow !== true || isRunEnded((await viewOf(client, runId, options, named)).status)) return ExitCode.Done;
    await pause(LOOK_MS, interrupted.signal);
    if (interrupted.signal.aborted) return ExitCode.Interrupted;
  }
}

const viewOf = async (client: RunsClient, run: string, options: RunsOptions, named: string | undefined): Promise<RunView> =>
  operatorGateway(options, named).run(await client.idOf(run));
