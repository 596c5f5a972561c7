import { Conflict, type PortGrant, type PortRecord, PortsExhausted, token } from '@aet/contracts';
import type { KeyValueEntry, KeyValueStore } from '@aet/messaging';
import type { PortAllocator } from '../domain/port-allocator.js';
import { candidates, isInPool, type PoolName, type PortPools, poolSize } from '../domain/port-pool.js';
import { holderOf, type PortHolding, PortTable, recordOf } from './port-table.js';
import type { PortProbe } from './port-probe.js';

export interface PoolUse {
  host: string;
  pool: PoolName;
  from: number;
  to: number;
  used: number;
  size: number;
}
type Request = Parameters<PortAllocator['allocate']>[0];

/**
 * Ports as keys `<host>.<port>` of a bucket: the server lets one of several creators win, so any number of registries may allocate at once.
 * The table in memory only says where to look; no grant rests on it.
 */
export class KvPortAllocator implements PortAllocator {
  private readonly table: PortTable;
  /** Keys that a call of this process is about to claim: another one need not try. */
  private readonly claiming = new Set<string>();
  private readonly underWay = new Map<string, Promise<PortGrant>>();

  constructor(
    private readonly store: KeyValueStore<PortHolding>,
    private readonly pools: PortPools,
    private readonly probe: PortProbe,
    private readonly now: () => Date = () => new Date(),
  ) {
    this.table = new PortTable(store);
  }

  /** Two equal requests at once are one. */
  allocate(request: Request): Promise<PortGrant> {
    const holder = holderOf(request);
    const underWay = this.underWay.get(holder);
    if (underWay !== undefined) return underWay;
    const allocating = this.allocateOnce(request).finally(() => this.underWay.delete(holder));
    this.underWay.set(holder, allocating);
    return allocating;
  }

  async release({ instance, host, port }: { instance: string; host: string; port: number }): Promise<boolean> {
    const entry = await this.store.get(keyOf(host, port));
    if (entry?.value.instance !== instance) return false;
    return this.free(entry);
  }

  async list(host?: string): Promise<PortRecord[]> {
    await this.table.load();
    return this.table
      .entries()
      .map(recordOf)
      .filter((record) => host === undefined || record.host === host);
  }

  async reclaim(alive: ReadonlySet<string>, before: number): Promise<PortRecord[]> {
    await this.table.load();
    const orphans = this.table.entries().filter(({ value }) => !alive.has(value.instance) && Date.parse(value.at) < before);
    const freed: PortRecord[] = [];
    for (const entry of orphans) if (await this.free(entry)) freed.push(recordOf(entry));
    return freed;
  }

  /** How full the pools are, on every host that holds a port. */
  async poolUse(host?: string): Promise<PoolUse[]> {
    const records = await this.list(host);
    const hosts = [...new Set(records.map((record) => record.host))].toSorted();
    return hosts.flatMap((name) =>
      (['service', 'km'] as const).map((pool) => ({
        host: name,
        pool,
        ...this.pools[pool],
        used: records.filter((record) => record.host === name && isInPool(this.pools, pool, record.port)).length,
        size: poolSize(this.pools, pool),
      })),
    );
  }

  /** Keeps the table up to date until disposed of. */
  follow(): Promise<AsyncDisposable> {
    return this.table.follow();
  }

  private async allocateOnce(request: Request): Promise<PortGrant> {
    await this.table.load();
    const held = await this.heldBy(request);
    if (held !== undefined) return held;
    const { host, pool, preferred } = request;
    const seed = `${request.instance}/${request.purpose}`;
    for (const port of candidates(this.pools, pool, { seed, ...(preferred === undefined ? {} : { preferred }) })) {
      const grant = await this.tryPort(request, port);
      if (grant !== undefined) return grant;
    }
    const { from, to } = this.pools[pool];
    throw new PortsExhausted(
      `no port of the pool "${pool}" (${from}-${to}) is free on ${host}: stop what is not needed, or widen ports.${pool} in the configuration`,
      { details: { pool, host } },
    );
  }

  /** The same port for the same asker; read again, since the table may be a moment behind. */
  private async heldBy({ instance, host, purpose }: Request): Promise<PortGrant | undefined> {
    const key = this.table.keyHeldBy({ instance, host, purpose });
    const entry = key === undefined ? undefined : await this.store.get(key);
    return entry !== undefined && entry.value.instance === instance && entry.value.purpose === purpose
      ? { port: entry.value.port, token: entry.revision }
      : undefined;
  }

  private async tryPort(request: Request, port: number): Promise<PortGrant | undefined> {
    const key = keyOf(request.host, port);
    if (this.table.has(key) || this.claiming.has(key)) return undefined;
    this.claiming.add(key);
    try {
      return (await this.probe.isFree(port)) ? await this.claim(request, port) : undefined;
    } finally {
      this.claiming.delete(key);
    }
  }

  /** Undefined when somebody else was first. */
  private async claim({ instance, host, purpose }: Request, port: number): Promise<PortGrant | undefined> {
    const key = keyOf(host, port);
    const value: PortHolding = { host, port, instance, purpose, at: this.now().toISOString() };
    try {
      const revision = await this.store.create(key, value);
      this.table.put({ key, value, revision });
      return { port, token: revision };
    } catch (error) {
      // Refused, or the answer was lost: the key says who has it.
      const entry = await this.store.get(key);
      if (entry !== undefined) this.table.put(entry);
      if (entry?.value.instance === instance && entry.value.purpose === purpose) return { port, token: entry.revision };
      if (error instanceof Conflict) return undefined;
      throw error;
    }
  }

  /** False when it changed hands meanwhile. */
  private async free(entry: Pick<KeyValueEntry<PortHolding>, 'key' | 'value' | 'revision'>): Promise<boolean> {
    try {
      await this.store.delete(entry.key, entry.revision);
    } catch (error) {
      if (error instanceof Conflict) return false;
      throw error;
    }
    this.table.remove(entry.key, entry.revision);
    return true;
  }
}

const keyOf = (host: string, port: number): string => `${token(host, 'host')}.${port}`;
