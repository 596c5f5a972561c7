import {
  AllocatePort,
  ListInstances,
  ListPorts,
  type InstanceList,
  type PortGrant,
  type PortList,
  RegistryRpc,
  ReleasePort,
} from '@aet/contracts';
import { Rpc } from '@aet/messaging';
import { Controller } from '@nestjs/common';
import { InstanceDirectory } from '../application/directory.js';
import { KvPortAllocator } from '../application/kv-port-allocator.js';

@Controller()
export class RegistryController {
  constructor(
    private readonly directory: InstanceDirectory,
    private readonly allocator: KvPortAllocator,
  ) {}

  @Rpc(RegistryRpc.instances)
  instances(request: ListInstances): InstanceList {
    return { cells: this.directory.cells(request) };
  }

  @Rpc(RegistryRpc.allocatePort)
  allocatePort({ instance, host, purpose, pool, preferred }: AllocatePort): Promise<PortGrant> {
    const wish = preferred === undefined ? {} : { preferred };
    return this.allocator.allocate({ instance, host, purpose, pool: pool ?? 'service', ...wish });
  }

  @Rpc(RegistryRpc.releasePort)
  async releasePort(request: ReleasePort): Promise<{ released: boolean }> {
    return { released: await this.allocator.release(request) };
  }

  @Rpc(RegistryRpc.ports)
  async ports({ host }: ListPorts): Promise<PortList> {
    const pools = await this.allocator.poolUse(host);
    return { ports: await this.allocator.list(host), pools: pools.map(({ size: _size, ...pool }) => pool) };
  }
}
