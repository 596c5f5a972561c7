import { type PortGrant, RegistryRpc } from '@aet/contracts';
import type { RpcClient } from '@aet/messaging';
import type { PortPool, PortSource } from './port-source.js';

/** Ports from the registry of this cell. */
export class RegistryPorts implements PortSource {
  constructor(
    private readonly rpc: RpcClient,
    private readonly cell: string,
  ) {}

  allocate(request: { instance: string; host: string; purpose: string; pool: PortPool; preferred?: number }): Promise<PortGrant> {
    return this.rpc.call(RegistryRpc.allocatePort, request, { cell: this.cell, timeoutMs: 2_000 });
  }

  async release(request: { instance: string; host: string; port: number }): Promise<void> {
    await this.rpc.call(RegistryRpc.releasePort, request, { cell: this.cell, timeoutMs: 1_000 });
  }
}
