import { pause } from '@aet/resilience';
import { clearLeftovers } from '@aet/persistence';
import { existsSync } from 'node:fs';
import type { FleetRecord } from '../domain/fleet-record.js';
import { type ProcessIdentity, sameProcess } from '../domain/process-identity.js';
import { endOrphanedPrograms } from './orphaned-programs.js';
import { isAlive, signalGroupOf } from './process-table.js';
import type { StateFolder } from './state-folder.js';
import { findStrays, type Leftover } from './stray-processes.js';

const POLL_MS = 20;
/** The channel to the supervisor broke when it died, so services are draining already. */
const SERVICE_LIMIT_MS = 5_000;
const STORE_LIMIT_MS = 10_000;

/**
 * Ends what a supervisor that was killed left behind: services first, then nats-server, then PostgreSQL. A signal goes only to a process
 * that is beyond doubt the recorded one, or whose own arguments say that it is of this folder. Returns the names of those that still lived.
 * Only for who has the lock on the folder.
 */
export async function endLeftovers(record: FleetRecord | undefined, state: StateFolder): Promise<string[]> {
  const recorded = (record?.children ?? []).flatMap(({ id, kind, process }) =>
    process !== undefined && isAlive(process) ? [{ id, kind, process }] : [],
  );
  const strays = findStrays(state).filter((stray) => !recorded.some(({ process }) => sameProcess(process, stray.process)));
  const living: Leftover[] = [...recorded, ...strays];
  for (const [kind, signal, limitMs] of [
    ['service', 'SIGTERM', SERVICE_LIMIT_MS],
    ['nats-server', 'SIGTERM', STORE_LIMIT_MS],
    ['postgres', 'SIGINT', STORE_LIMIT_MS],
  ] as const) {
    await endAll(
      living.filter((child) => child.kind === kind).map(({ process }) => process),
      signal,
      limitMs,
    );
  }
  for (const cell of state.cells()) await endOrphanedPrograms(cell.work());
  // Its helpers leave with it, a moment later; and a postmaster that was killed leaves its lock file.
  for (const cell of state.cells()) {
    const dataDir = cell.postgresData();
    if (existsSync(dataDir)) await clearLeftovers(dataDir);
  }
  return living.map((child) => child.id);
}

async function endAll(identities: readonly ProcessIdentity[], signal: NodeJS.Signals, limitMs: number): Promise<void> {
  for (const identity of identities) send(identity, signal);
  const until = performance.now() + limitMs;
  while (identities.some(isAlive) && performance.now() < until) await pause(POLL_MS);
  for (const identity of identities) send(identity, 'SIGKILL');
  while (identities.some(isAlive)) await pause(POLL_MS);
}

/** To the group that it leads, or to itself when it leads none. */
function send(identity: ProcessIdentity, signal: NodeJS.Signals): void {
  if (!signalGroupOf(identity, signal) && isAlive(identity)) process.kill(identity.pid, signal);
}
