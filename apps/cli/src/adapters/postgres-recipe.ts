import { AetError, ErrorCode } from '@aet/contracts';
import { DatabaseRefused, initCluster, postgresCommand, waitUntilReady } from '@aet/persistence';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Launched } from '../application/ports.js';
import type { PlannedProcess } from '../domain/fleet-plan.js';
import type { CellRuntime } from './cell-runtime.js';
import type { LaunchRecipe } from './launch-recipe.js';
import { SpawnedChild } from './spawned-child.js';
import type { CellFolder } from './state-folder.js';

/** The cell's own PostgreSQL. Its data and port outlive every restart. */
export class PostgresRecipe implements LaunchRecipe {
  constructor(
    private readonly runtimeOf: (cell: string) => CellRuntime,
    /** True once services know the port. */
    private readonly portIsKnown: () => boolean,
  ) {}

  async launch(planned: PlannedProcess): Promise<Launched> {
    const runtime = this.runtimeOf(planned.cell);
    const dataDir = runtime.folder.postgresData();
    const { user } = runtime.config.database;
    checkPassword(runtime.folder);
    await initCluster({ dataDir, passwordFile: runtime.folder.postgresPassword(), user });
    if (!this.portIsKnown()) await runtime.ensurePort('postgres');
    const { program, args, options } = await postgresCommand({ dataDir, port: runtime.port('postgres') });
    const output = runtime.folder.outputOf(planned.name);
    const child = await SpawnedChild.spawn({ program, args, ...options, output, ipc: false });
    const over = new AbortController();
    const exited = child.exited.then((end) => {
      over.abort();
      return `${end}${said(child)}`;
    });
    const answers = waitUntilReady(runtime.config.database, { signal: over.signal, timeoutMs: READY_MS }).catch(
      (error: unknown) => {
        throw error instanceof DatabaseRefused ? passwordLost(runtime.folder, error.message) : error;
      },
    );
    return {
      identity: child.identity,
      ready: answering(answers, over.signal, { url: `postgres://127.0.0.1:${runtime.port('postgres')}` }),
      exited,
      signal: (signal) => child.signal(signal),
    };
  }
}

/** The database knows the password by its hash alone: a lost one is not made again. */
class PasswordLost extends AetError {
  readonly code = ErrorCode.ConfigInvalid;
}

/** An empty file is as good as none before there is a database, and the loss of the password afterwards. @throws {PasswordLost} */
function checkPassword(folder: CellFolder): void {
  const file = folder.postgresPassword();
  const present = existsSync(file);
  if (present && readFileSync(file, 'utf8').trim() !== '') return;
  if (existsSync(folder.postgresData())) throw passwordLost(folder, `${file} is ${present ? 'empty' : 'missing'}`);
  rmSync(file, { force: true });
}

const passwordLost = (folder: CellFolder, what: string): PasswordLost =>
  new PasswordLost(
    `${what}: restore ${folder.postgresPassword()}, or move ${dirname(folder.postgresData())} away to begin with an empty database`,
  );

/** Recovery after a crash takes its time. */
const READY_MS = 55_000;

/** Of a process that is gone nothing is to be expected: its end says more than a failed wait. */
export function answering<T>(wait: Promise<unknown>, gone: AbortSignal, value: T): Promise<T> {
  return new Promise((resolve, reject) => {
    wait.then(
      () => resolve(value),
      (error: unknown) => {
        if (!gone.aborted) reject(error);
      },
    );
  });
}

function said(child: SpawnedChild): string {
  // Whoever asked too early is told so in the same file.
  const line = child.lastLines(20).findLast((text) => /FATAL|PANIC|ERROR/.test(text) && !text.includes('is starting up'));
  return line === undefined ? '' : `: ${line.replace(/^.*?(FATAL|PANIC|ERROR)/, '$1')}`;
}
