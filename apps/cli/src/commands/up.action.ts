import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { pause } from '@aet/resilience';
import { consoleAddress } from '../adapters/console-address.js';
import { ConsoleOutput } from '../adapters/console-output.js';
import { figuresOf } from '../adapters/figures.js';
import { FleetFile } from '../adapters/fleet-file.js';
import { BootFailed, FleetRunsAlready, LocalFleet } from '../adapters/local-fleet.js';
import { RunningFleet } from '../adapters/running-fleet.js';
import { explainFolderError } from '../adapters/state-errors.js';
import { StateFolder } from '../adapters/state-folder.js';
import { StopControl } from '../adapters/stop-control.js';
import { DEFAULT_CELL } from '../domain/fleet-plan.js';
import type { FleetRecord } from '../domain/fleet-record.js';
import { fleetTable, processFigures } from '../domain/fleet-table.js';
import { ExitCode } from './command-context.js';
import { projectFolder } from './project-folder.js';
import type { UpOptions } from './up.command.js';

export async function up(options: UpOptions, named: string | undefined): Promise<number> {
  const project = projectFolder(named);
  const output = new ConsoleOutput();
  return options.detach === true ? detached(options, project, output) : foreground(options, project, output);
}

async function foreground(options: UpOptions, project: string, output: ConsoleOutput): Promise<number> {
  const fleet = await LocalFleet.open({
    project,
    cells: options.cells ?? [DEFAULT_CELL],
    say: output.note,
    ...(options.slots === undefined ? {} : { slots: options.slots }),
  });
  const control = new StopControl(fleet, output.note);
  const stopped = control.wished().then(() => fleet.stop());
  try {
    await fleet.start();
  } catch (error) {
    if (!control.requested) throw error;
    await stopped;
    return ExitCode.Interrupted;
  }
  await show(fleet.record(), options, output);
  if (options.json !== true) output.note('the fleet is up; Ctrl-C stops it');
  await Promise.race([stopped, fleet.ended]);
  await fleet.stop();
  output.note('the fleet is stopped');
  return ExitCode.Done;
}

const POLL_MS = 50;

/** A supervisor without a terminal: its words go to `supervisor.log`. */
async function detached(options: UpOptions, project: string, output: ConsoleOutput): Promise<number> {
  const state = new StateFolder(project);
  const file = new FleetFile(state.fleetFile());
  const present = file.running();
  if (present !== undefined) throw new FleetRunsAlready(alreadyUp(present));
  const pid = spawnSupervisor(options, project, state);
  const gone = new Promise<'gone'>((resolve) => pid.once('exit', () => resolve('gone')));
  for (;;) {
    const record = file.running();
    if (record?.readyMs !== undefined && record.supervisor.pid === pid.pid) {
      pid.unref();
      await show(record, options, output);
      if (options.json !== true) output.note('the fleet is up in the background: `aet status`, `aet logs -f`, `aet down`');
      return ExitCode.Done;
    }
    if ((await Promise.race([gone, pause(POLL_MS)])) === 'gone') throw new BootFailed(lastWords(state));
  }
}

function spawnSupervisor(options: UpOptions, project: string, state: StateFolder): ReturnType<typeof spawn> {
  try {
    state.create();
    const log = openSync(state.supervisorLog(), 'w', 0o600);
    const bin = fileURLToPath(new URL('../../bin/aet.mjs', import.meta.url));
    const args = [
      '--enable-source-maps',
      bin,
      '--project',
      project,
      'up',
      ...(options.cells === undefined ? [] : ['--cells', options.cells.join(',')]),
      ...(options.slots === undefined ? [] : ['--slots', String(options.slots)]),
    ];
    const child = spawn(process.execPath, args, { cwd: project, detached: true, stdio: ['ignore', log, log] });
    closeSync(log);
    return child;
  } catch (error) {
    throw explainFolderError(error);
  }
}

function lastWords(state: StateFolder): string {
  const lines = readFileSync(state.supervisorLog(), 'utf8').split('\n');
  const error = lines.findLast((line) => line.startsWith('error: '));
  return error?.slice('error: '.length) ?? `the supervisor ended before the fleet was ready: see ${state.supervisorLog()}`;
}

const alreadyUp = (record: FleetRecord): string =>
  `a fleet runs in this folder already (pid ${record.supervisor.pid}): look at it with \`aet status\`, or stop it with \`aet down\``;

async function show(record: FleetRecord, options: UpOptions, output: ConsoleOutput): Promise<void> {
  const figures = figuresOf(record);
  const addresses = await consoleAddress(new RunningFleet(record.project));
  if (options.json === true) {
    output.json({ readyMs: record.readyMs, supervisor: record.supervisor.pid, processes: processFigures(figures), ...addresses });
    return;
  }
  output.result(fleetTable(figures).join('\n'));
  if (addresses !== undefined) output.result(`\nconsole: ${addresses.console}`);
}
