import type { PortGrant } from '@aet/contracts';

export type PortPool = 'service' | 'km';

/** Where a service gets its HTTP port. The registry's allocator by RPC; for the registry itself, its own. */
export interface PortSource {
  /** @throws {PortsExhausted} {NoResponders} {Unavailable} */
  allocate(request: { instance: string; host: string; purpose: string; pool: PortPool; preferred?: number }): Promise<PortGrant>;
  /** After the port turned out to be taken. */
  release(request: { instance: string; host: string; port: number }): Promise<void>;
}
