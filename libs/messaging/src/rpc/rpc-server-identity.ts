import type { ServiceName, Slot } from '@aet/contracts';

/** Who answers. Goes into subjects, queue groups and `$SRV` replies. */
export interface RpcServerIdentity {
  service: ServiceName;
  instance: string;
  /** SemVer: the `nats` program drops services with another version from its lists. */
  version: string;
  slot: Slot;
  cell: string;
  namespace: string;
  /** Shown by `$SRV.INFO`, beside cell, slot and namespace. */
  metadata?: Record<string, string>;
}
