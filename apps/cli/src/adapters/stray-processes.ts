import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import type { ProcessKind } from '../domain/fleet-plan.js';
import { parseProcStat, type ProcessIdentity } from '../domain/process-identity.js';
import { identityOf } from './process-table.js';
import type { CellFolder, StateFolder } from './state-folder.js';

/** A process that its supervisor left. */
export interface Leftover {
  id: string;
  kind: ProcessKind;
  process: ProcessIdentity;
}

/**
 * Our children whether or not anybody wrote them down: a supervisor may be killed between a spawn and `fleet.json`. A child leads a session
 * of its own and names a file of this folder's state: nats-server its configuration, a service its `runtime.yaml`. PostgreSQL is found by its
 * data folder elsewhere. Without /proc the services are left to end by themselves, as they do when their channel breaks.
 */
export function findStrays(state: StateFolder): Leftover[] {
  const cells = state.cells();
  if (cells.length === 0) return [];
  return process.platform === 'linux' ? fromProc(cells) : fromPs(cells);
}

function fromProc(cells: readonly CellFolder[]): Leftover[] {
  return readdirSync('/proc').flatMap((name) => {
    const pid = Number(name);
    const seen = Number.isInteger(pid) && pid !== process.pid ? look(pid) : undefined;
    const known = seen === undefined ? undefined : recognised(seen, cells);
    const identity = known === undefined ? undefined : identityOf(pid);
    return known === undefined || identity === undefined ? [] : [{ ...known, process: identity }];
  });
}

interface Seen {
  leads: boolean;
  args: readonly string[];
  env: readonly string[];
}

/** Undefined for what is gone or not ours to read. */
function look(pid: number): Seen | undefined {
  const words = (file: string): string[] => readFileSync(`/proc/${pid}/${file}`, 'utf8').split('\0');
  try {
    const stat = parseProcStat(readFileSync(`/proc/${pid}/stat`, 'latin1'));
    return stat === undefined ? undefined : { leads: stat.session === pid, args: words('cmdline'), env: words('environ') };
  } catch {
    return undefined;
  }
}

function recognised({ leads, args, env }: Seen, cells: readonly CellFolder[]): Omit<Leftover, 'process'> | undefined {
  const [program = ''] = args;
  for (const cell of cells) {
    const name = basename(cell.root);
    // It makes the database and ends by itself; until then it writes where the next start wants to.
    if (basename(program) === 'initdb' && args.some((arg) => arg.startsWith(`--pgdata=${cell.postgresData()}`))) {
      return { id: `${name}/initdb`, kind: 'postgres' };
    }
    if (!leads) continue;
    if (basename(program) === 'nats-server' && args[1] === '-c' && args[2] === cell.serverConfig()) {
      return { id: `${name}/nats-server`, kind: 'nats-server' };
    }
    const service = args.map((arg) => /\/apps\/([^/]+)\/dist\/main\.js$/.exec(arg)?.[1]).find((found) => found !== undefined);
    if (service !== undefined && env.includes(`AET_CONFIG_RUNTIME=${cell.runtimeFile()}`)) {
      return { id: `${name}/${service}`, kind: 'service' };
    }
  }
  return undefined;
}

function fromPs(cells: readonly CellFolder[]): Leftover[] {
  const lines = execFileSync('ps', ['-axww', '-o', 'pid=,command='], { encoding: 'utf8', stdio: 'pipe' }).split('\n');
  return lines.flatMap((line) => {
    const [, pid, command = ''] = /^\s*(\d+) (.*)$/.exec(line) ?? [];
    const cell = cells.find((candidate) => command.endsWith(`nats-server -c ${candidate.serverConfig()}`));
    const identity = cell === undefined ? undefined : identityOf(Number(pid));
    if (cell === undefined || identity === undefined) return [];
    return [{ id: `${basename(cell.root)}/nats-server`, kind: 'nats-server' as const, process: identity }];
  });
}
