import { resolve } from 'node:path';
import { consoleAddress, type FleetAddresses } from '../adapters/console-address.js';
import { ConsoleOutput } from '../adapters/console-output.js';
import { figuresOf } from '../adapters/figures.js';
import { checkRepository } from '../adapters/git-check.js';
import { LocalFleet } from '../adapters/local-fleet.js';
import { RunningFleet } from '../adapters/running-fleet.js';
import { StopControl } from '../adapters/stop-control.js';
import { duration } from '../domain/durations.js';
import { DEFAULT_CELL } from '../domain/fleet-plan.js';
import type { FleetRecord } from '../domain/fleet-record.js';
import { fleetTable, processFigures } from '../domain/fleet-table.js';
import { outcomeLines } from '../domain/review-outcome.js';
import { parsePreparation, type StartTimes, timesLine } from '../domain/start-times.js';
import { type FinishedReview, reviewIn } from './cell-review.js';
import { ExitCode } from './command-context.js';
import { projectFolder } from './project-folder.js';
import { showError } from './show-error.js';
import type { StartOptions } from './start.command.js';

export async function start(options: StartOptions, named: string | undefined): Promise<number> {
  const project = projectFolder(named);
  const preparation = parsePreparation(process.env['AET_START_TIMES']);
  delete process.env['AET_START_TIMES'];
  const repo = await checkRepository(resolve(options.repo ?? project), options.range);
  const output = new ConsoleOutput();
  const begin = performance.now();
  const cells = options.cells ?? [DEFAULT_CELL];
  const slots = options.slots === undefined ? {} : { slots: options.slots };
  const fleet = await LocalFleet.open({ project, cells, say: output.note, ...slots });
  const control = new StopControl(fleet, output.note);
  const stopping = control.wished().then(() => fleet.stop());
  const running = new RunningFleet(project);
  try {
    output.note('starting the fleet');
    await fleet.start();
    const bootMs = performance.now() - begin;
    output.note(`the fleet is ready after ${duration(bootMs)}`);
    // Before the work begins, so that it can be watched; of a fleet that is about to stop they would only mislead.
    const addresses = options.once === true ? undefined : await consoleAddress(running);
    if (addresses !== undefined) {
      output.note(`console  ${addresses.console}`);
      output.note(`API      ${addresses.api} (token in ${running.state.tokenFile()})`);
    }
    const { code, reviews } = await reviewAll({ cells, repo, options, running, output, control });
    const times: StartTimes = { ...preparation, bootMs, reviewMs: performance.now() - begin - bootMs };
    show({ reviews, times, record: fleet.record(), addresses }, options, output);
    if (options.once !== true && !control.requested) {
      output.note('the fleet stays up; Ctrl-C stops it');
      await Promise.race([control.wished(), fleet.ended]);
    }
    return code;
  } catch (error) {
    if (!control.requested) return showError(error, options.json === true);
    await stopping;
    return ExitCode.Interrupted;
  } finally {
    await fleet.stop();
    output.note('the fleet is stopped');
  }
}

interface Job {
  cells: readonly string[];
  repo: string;
  options: StartOptions;
  running: RunningFleet;
  output: ConsoleOutput;
  control: StopControl;
}

/** One cell after the other. A review that fails is told and leaves the others, and the fleet, as they are. @throws on Ctrl-C */
async function reviewAll({
  cells,
  repo,
  options,
  running,
  output,
  control,
}: Job): Promise<{ code: number; reviews: FinishedReview[] }> {
  const reviews: FinishedReview[] = [];
  let code: number = ExitCode.Done;
  for (const cell of cells) {
    const order = { cell, repo, ...(options.range === undefined ? {} : { range: options.range }) };
    try {
      reviews.push(await reviewIn(order, running, output, control.signal));
    } catch (error) {
      if (control.requested) throw error;
      code = showError(error, options.json === true);
    }
  }
  return { code, reviews };
}

interface Shown {
  reviews: readonly FinishedReview[];
  times: StartTimes;
  record: FleetRecord;
  addresses: FleetAddresses | undefined;
}

function show({ reviews, times, record, addresses }: Shown, options: StartOptions, output: ConsoleOutput): void {
  const figures = figuresOf(record);
  if (options.json === true) {
    const shown = reviews.map(({ cell, view: { runId, status, output: result }, files }) => ({
      cell,
      runId,
      status,
      output: result,
      report: files,
    }));
    output.json({ reviews: shown, ...addresses, times, processes: processFigures(figures) });
    return;
  }
  for (const review of reviews) {
    output.result('');
    for (const line of linesOf(review, reviews.length > 1)) output.result(line);
  }
  output.result('');
  output.result(fleetTable(figures).join('\n'));
  output.result('');
  output.result(timesLine(times));
}

function linesOf({ cell, view, outcome, files }: FinishedReview, named: boolean): string[] {
  return [
    ...(named ? [`cell ${cell}`] : []),
    ...(outcome === undefined ? [JSON.stringify(view.output, undefined, 2)] : outcomeLines(outcome)),
    ...(files === undefined ? [] : ['', `report   ${files.markdown}`, `         ${files.json}`]),
  ];
}
