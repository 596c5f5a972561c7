import { Conflict } from '@aet/contracts';
import { pause } from '@aet/resilience';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ConsoleOutput } from '../adapters/console-output.js';
import { FleetFile } from '../adapters/fleet-file.js';
import { FolderLock } from '../adapters/folder-lock.js';
import { endLeftovers } from '../adapters/leftovers.js';
import { isAlive } from '../adapters/process-table.js';
import { explainFolderError } from '../adapters/state-errors.js';
import { StateFolder } from '../adapters/state-folder.js';
import { findStrays } from '../adapters/stray-processes.js';
import type { FleetRecord } from '../domain/fleet-record.js';
import { ExitCode } from './command-context.js';
import type { DownOptions } from './down.command.js';
import { projectFolder } from './project-folder.js';

const POLL_MS = 50;
/** Every rank within its limit, and a margin. */
const STOP_LIMIT_MS = 60_000;

export async function down(options: DownOptions, named: string | undefined): Promise<number> {
  const state = new StateFolder(projectFolder(named));
  const file = new FleetFile(state.fleetFile());
  const record = file.read();
  const output = new ConsoleOutput();
  const outcome =
    record !== undefined && isAlive(record.supervisor) ? await stopRunning(record) : await clearUp(record, state, file);
  if (options.json === true) output.json({ outcome });
  else output.result(SENTENCES[outcome]);
  return ExitCode.Done;
}

type Outcome = 'stopped' | 'cleared' | 'nothing';
const SENTENCES: Readonly<Record<Outcome, string>> = {
  stopped: 'the fleet is stopped',
  cleared: 'the supervisor was gone already; what it left is ended',
  nothing: 'no fleet runs in this folder',
};

async function stopRunning({ supervisor }: FleetRecord): Promise<Outcome> {
  process.kill(supervisor.pid, 'SIGTERM');
  const until = performance.now() + STOP_LIMIT_MS;
  while (isAlive(supervisor)) {
    if (performance.now() > until) {
      throw new Conflict(
        `the fleet (pid ${supervisor.pid}) did not stop within ${STOP_LIMIT_MS / 1_000} s: see \`aet logs\`, or send the signal again`,
      );
    }
    await pause(POLL_MS);
  }
  return 'stopped';
}

/** Under the lock: a start that begins at this moment must not find half of it. */
async function clearUp(record: FleetRecord | undefined, state: StateFolder, file: FleetFile): Promise<Outcome> {
  if (record === undefined && !isInhabited(state)) return 'nothing';
  const lock = await FolderLock.take(state.lockDir()).catch((error: unknown) => {
    throw explainFolderError(error);
  });
  if (!(lock instanceof FolderLock))
    throw new Conflict(`a fleet starts in this folder at this moment (pid ${lock.pid}): try again`);
  try {
    await endLeftovers(record, state);
    file.remove();
    return 'cleared';
  } finally {
    lock[Symbol.dispose]();
  }
}

/** Without a record: what nobody wrote down, or a database that left its lock file. */
const isInhabited = (state: StateFolder): boolean =>
  findStrays(state).length > 0 || state.cells().some((cell) => existsSync(join(cell.postgresData(), 'postmaster.pid')));
