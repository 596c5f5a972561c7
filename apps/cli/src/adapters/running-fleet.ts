import { NotFound } from '@aet/contracts';
import { readFileSync } from 'node:fs';
import { ServiceName } from '@aet/contracts';
import type { FleetRecord } from '../domain/fleet-record.js';
import { FleetFile } from './fleet-file.js';
import { GatewayClient } from './gateway-client.js';
import { StateFolder } from './state-folder.js';

/** The fleet that runs in a folder, as a client of it sees it. */
export class RunningFleet {
  readonly state: StateFolder;
  private readonly file: FleetFile;

  constructor(project: string) {
    this.state = new StateFolder(project);
    this.file = new FleetFile(this.state.fleetFile());
  }

  /** @throws {NotFound} when no supervisor lives here. */
  record(): FleetRecord {
    const record = this.file.running();
    if (record === undefined) {
      throw new NotFound(`no fleet runs in ${this.state.project}: start one with \`aet up\`, or name its folder with --project`);
    }
    return record;
  }

  /** Of the first cell, or the named one. */
  gateway(options: { patienceMs: number; signal?: AbortSignal; cell?: string }): GatewayClient {
    const address = (): { url: string; token: string } | undefined => {
      const gateways = this.record().children.filter((child) => child.service === ServiceName.Gateway);
      const chosen = options.cell === undefined ? gateways[0] : gateways.find((child) => child.cell === options.cell);
      if (chosen?.url === undefined) return undefined;
      return { url: chosen.url, token: this.token() };
    };
    return new GatewayClient(address, options.patienceMs, options.signal);
  }

  private token(): string {
    const file = this.state.tokenFile();
    try {
      return readFileSync(file, 'utf8').trim();
    } catch (error) {
      throw new NotFound(`the gateway's token ${file} cannot be read: \`aet down\` and \`aet up\` make a new one`, {
        cause: error,
      });
    }
  }
}
