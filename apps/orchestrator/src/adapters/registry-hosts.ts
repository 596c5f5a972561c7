import { HealthStatus, RegistryRpc, ServiceName } from '@aet/contracts';
import type { RpcClient } from '@aet/messaging';
import type { HostDirectory } from '../application/ports.js';
import type { Host } from '../domain/missing-host.js';

/** A hint must not hold up an answer. Milliseconds. */
const PATIENCE_MS = 300;
/** Hosts come and go slowly beside questions about runs. Milliseconds. */
const FRESH_MS = 2_000;

/** The cell's hosts as its registry knows them by their leases. */
export class RegistryHosts implements HostDirectory {
  private asked: { at: number; hosts: Promise<readonly Host[] | undefined> } = { at: -Infinity, hosts: Promise.resolve([]) };

  constructor(
    private readonly rpc: RpcClient,
    private readonly cell: string,
  ) {}

  hosts(): Promise<readonly Host[] | undefined> {
    const now = performance.now();
    if (now - this.asked.at >= FRESH_MS) this.asked = { at: now, hosts: this.ask() };
    return this.asked.hosts;
  }

  private async ask(): Promise<readonly Host[] | undefined> {
    const { cell } = this;
    try {
      const { cells } = await this.rpc.call(
        RegistryRpc.instances,
        { service: ServiceName.Agent, cell },
        { cell, timeoutMs: PATIENCE_MS },
      );
      const instances = cells.flatMap((picture) => (picture.cell === cell ? picture.instances : []));
      return instances.filter(({ health }) => health !== HealthStatus.Draining);
    } catch {
      return undefined;
    }
  }
}
