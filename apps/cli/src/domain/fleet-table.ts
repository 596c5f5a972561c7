import { duration, megabytes } from './durations.js';
import type { FleetRecord } from './fleet-record.js';
import { table } from './table.js';

/** What each process needs, and the fleet as a whole. */
export interface FleetFigures {
  record: FleetRecord;
  /** Resident memory by process id, in bytes. */
  residentBytes: ReadonlyMap<number, number>;
}

export interface ProcessFigures {
  name: string;
  phase: string;
  readySeconds?: number;
  residentBytes?: number;
  restarts: number;
  pid?: number;
  url?: string;
}

const RIGHT = new Set([2, 3, 4, 5]);

/** One line for each process, and the sum: seconds to ready, resident memory. */
export function fleetTable(figures: FleetFigures): string[] {
  const processes = processFigures(figures);
  const rows = processes.map((process) => [
    process.name,
    process.phase,
    process.readySeconds === undefined ? '' : duration(process.readySeconds * 1_000),
    process.residentBytes === undefined ? '' : megabytes(process.residentBytes),
    String(process.restarts),
    process.pid === undefined ? '' : String(process.pid),
    process.url ?? '',
  ]);
  const { readyMs, supervisor } = figures.record;
  const resident = processes.map((process) => process.residentBytes ?? 0).reduce((sum, bytes) => sum + bytes, 0);
  const own = figures.residentBytes.get(supervisor.pid) ?? 0;
  return table(
    ['process', 'state', 'ready after', 'memory', 'restarts', 'pid', 'address'],
    [
      ...rows,
      ['supervisor', 'ready', '', own === 0 ? '' : megabytes(own), '', String(supervisor.pid), ''],
      ['fleet', '', readyMs === undefined ? '' : duration(readyMs), megabytes(resident + own), '', '', ''],
    ],
    RIGHT,
  );
}

export function processFigures({ record, residentBytes }: FleetFigures): ProcessFigures[] {
  return record.children.map((child) => {
    const bytes = child.process === undefined ? undefined : residentBytes.get(child.process.pid);
    return {
      name: record.cells.length === 1 ? child.name : child.id,
      phase: child.phase,
      restarts: child.restarts,
      ...(child.readyMs === undefined ? {} : { readySeconds: child.readyMs / 1_000 }),
      ...(bytes === undefined ? {} : { residentBytes: bytes }),
      ...(child.process === undefined ? {} : { pid: child.process.pid }),
      ...(child.url === undefined ? {} : { url: child.url }),
    };
  });
}
