import type { QueueView } from '@aet/contracts';
import { consoleAddress } from '../adapters/console-address.js';
import { ConsoleOutput } from '../adapters/console-output.js';
import { figuresOf } from '../adapters/figures.js';
import { isAlive } from '../adapters/process-table.js';
import { RunningFleet } from '../adapters/running-fleet.js';
import { FleetFile } from '../adapters/fleet-file.js';
import type { FleetRecord } from '../domain/fleet-record.js';
import { fleetTable, processFigures } from '../domain/fleet-table.js';
import { hubLines } from '../domain/hub-lines.js';
import { queueWarnings } from '../domain/queue-table.js';
import { ExitCode } from './command-context.js';
import { projectFolder } from './project-folder.js';
import type { StatusOptions } from './status.command.js';

/** The hub's picture is an addition: a fleet in trouble must not make its status slow. Milliseconds. */
const HUB_LIMIT_MS = 1_500;

export async function status(options: StatusOptions, named: string | undefined): Promise<number> {
  const project = projectFolder(named);
  const fleet = new RunningFleet(project);
  const record = new FleetFile(fleet.state.fleetFile()).read();
  const output = new ConsoleOutput();
  if (record === undefined || !isAlive(record.supervisor)) return notRunning(record, options, output);
  const view = await fleet
    .gateway({ patienceMs: 0, signal: AbortSignal.timeout(HUB_LIMIT_MS) })
    .fleet()
    .catch(() => undefined);
  const queue = view === undefined ? undefined : await queueOf(fleet);
  const addresses = view === undefined ? undefined : await consoleAddress(fleet);
  const present = withoutDead(record);
  const figures = figuresOf(present);
  const ready = present.children.every((child) => child.phase === 'ready');
  if (options.json === true) {
    output.json({
      running: true,
      ready,
      ...figuresJson(present),
      processes: processFigures(figures),
      ...(view === undefined ? {} : { fleet: view }),
      ...(queue === undefined ? {} : { queue }),
      ...addresses,
    });
  } else {
    output.result(fleetTable(figures).join('\n'));
    for (const line of [...hubLines(view), ...(queue === undefined ? [] : queueWarnings(queue))]) output.result(line);
    if (addresses !== undefined) output.result(`console: ${addresses.console}`);
  }
  return ready ? ExitCode.Done : ExitCode.Failed;
}

/** What an operator has stopped or limited; nothing while the orchestrator does not answer. */
const queueOf = (fleet: RunningFleet): Promise<QueueView | undefined> =>
  fleet
    .gateway({ patienceMs: 0, signal: AbortSignal.timeout(HUB_LIMIT_MS) })
    .queue()
    .catch(() => undefined);

const figuresJson = ({ project, supervisor, startedAt, readyMs, cells }: FleetRecord): object => ({
  project,
  supervisor: supervisor.pid,
  startedAt,
  readyMs,
  cells,
});

/** The file is a moment old: a process that died since is not shown as ready. */
const withoutDead = (record: FleetRecord): FleetRecord => ({
  ...record,
  children: record.children.map((child) =>
    child.process === undefined || isAlive(child.process) ? child : { ...child, phase: 'backoff' as const },
  ),
});

function notRunning(record: FleetRecord | undefined, options: StatusOptions, output: ConsoleOutput): number {
  const left = record?.children.filter((child) => child.process !== undefined && isAlive(child.process)) ?? [];
  if (options.json === true)
    output.json({ running: false, leftovers: left.map((child) => ({ name: child.id, pid: child.process?.pid })) });
  else if (left.length === 0) output.result('no fleet runs in this folder: start one with `aet up`');
  else {
    output.result(`the supervisor is gone and left ${left.map((child) => child.id).join(', ')}: end them with \`aet down\``);
  }
  return ExitCode.Failed;
}
