import type { PortGrant, PortRecord } from '@aet/contracts';

/**
 * Ports of hosts, one holder each. A grant is atomic over all registries of the cell and was bound for a moment on its host to prove it free
 * (on this host; on others the holder's own bind decides). Ports of a holder whose lease ended come back. Asking again for the same
 * instance and purpose gives the same port: a restarted caller leaks nothing.
 */
export interface PortAllocator {
  /** @throws {PortsExhausted} naming pool and host. */
  allocate(request: {
    instance: string;
    host: string;
    purpose: string;
    pool: 'service' | 'km';
    preferred?: number;
  }): Promise<PortGrant>;
  /** False when that instance does not hold it. */
  release(request: { instance: string; host: string; port: number }): Promise<boolean>;
  list(host?: string): Promise<PortRecord[]>;
  /** Takes back every port of instances that are not in `alive` and were granted before `before` (unix ms). */
  reclaim(alive: ReadonlySet<string>, before: number): Promise<PortRecord[]>;
}
