import type { FleetRecord } from '../domain/fleet-record.js';
import type { FleetFigures } from '../domain/fleet-table.js';
import { residentBytes } from './process-table.js';

/** Reads the memory of every process of a fleet. */
export function figuresOf(record: FleetRecord): FleetFigures {
  const pids = [
    record.supervisor.pid,
    ...record.children.flatMap((child) => (child.process === undefined ? [] : [child.process.pid])),
  ];
  return {
    record,
    residentBytes: new Map(
      pids.flatMap((pid) => {
        const bytes = pid === record.supervisor.pid ? residentBytes(pid, { alone: true }) : residentBytes(pid);
        return bytes === undefined ? [] : [[pid, bytes] as const];
      }),
    ),
  };
}
