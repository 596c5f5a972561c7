import { readFileSync, rmSync } from 'node:fs';
import { type FleetRecord, parseFleetRecord } from '../domain/fleet-record.js';
import { writeFileAtomic } from './atomic-file.js';
import { isAlive } from './process-table.js';

/** `fleet.json`: what a fleet says of itself to commands and to its next supervisor. */
export class FleetFile {
  constructor(private readonly path: string) {}

  read(): FleetRecord | undefined {
    try {
      return parseFleetRecord(readFileSync(this.path, 'utf8'));
    } catch {
      return undefined;
    }
  }

  write(record: FleetRecord): void {
    writeFileAtomic(this.path, `${JSON.stringify(record, undefined, 2)}\n`);
  }

  remove(): void {
    rmSync(this.path, { force: true });
  }

  /** The record of a fleet whose supervisor lives. */
  running(): FleetRecord | undefined {
    const record = this.read();
    return record !== undefined && isAlive(record.supervisor) ? record : undefined;
  }
}
