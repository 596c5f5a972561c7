import type { InstanceRecord } from '@aet/contracts';
import type { Leases, RegistryChannel } from '@aet/messaging';
import { pause, retrying } from '@aet/resilience';
import type { HealthBoard } from '@aet/service-kit';
import type { Log } from '@aet/telemetry';
import { GRACE_MS, type InstanceDirectory } from './directory.js';
import type { KvPortAllocator } from './kv-port-allocator.js';

/** Between two snapshots for other cells, and two looks for ports to take back. Milliseconds. */
const TICK_MS = 1_000;
/** A pool this full is told to the operator before it is exhausted. */
const SATURATED = 0.9;

export interface LoopParts {
  directory: InstanceDirectory;
  allocator: KvPortAllocator;
  leases: Leases<InstanceRecord>;
  channel: RegistryChannel;
  board: HealthBoard;
  log: Log;
}

/** What a registry does by itself, from its start to its drain: follows leases and ports, tells other cells, takes ports back, warns. */
export class RegistryLoop {
  private readonly ended = new AbortController();
  private running: Promise<void> | undefined;

  constructor(private readonly parts: LoopParts) {}

  start(): void {
    this.running ??= this.run().catch((error: unknown) =>
      this.parts.log.error('the registry no longer follows its leases', { err: error }),
    );
  }

  async stop(): Promise<void> {
    this.ended.abort();
    await this.running;
  }

  private async run(): Promise<void> {
    const { directory, allocator, leases, channel } = this.parts;
    await using heard = channel.onSnapshot((snapshot) => directory.heard(snapshot));
    await using watch = await this.patiently('leases', () => leases.watch((change) => directory.leaseChanged(change)));
    await using ports = await this.patiently('ports', () => allocator.follow());
    void [heard, watch, ports];
    const completeMs = performance.now() + GRACE_MS;
    while (!this.ended.signal.aborted) {
      channel.publish(directory.snapshot());
      // A picture that just began to fill must not make living instances look dead.
      if (performance.now() > completeMs) await this.sweep();
      await this.watchPools();
      await pause(TICK_MS, this.ended.signal);
    }
  }

  private async sweep(): Promise<void> {
    const { allocator, directory, log } = this.parts;
    try {
      const freed = await allocator.reclaim(directory.possiblyAlive(), Date.now() - GRACE_MS);
      if (freed.length > 0)
        log.info(`took back ${freed.length} ports of ended instances`, {
          ports: freed.map(({ host, port }) => `${host}:${port}`),
        });
    } catch (error) {
      log.warn('ports of ended instances were not taken back; trying again', { err: error });
    }
  }

  private async watchPools(): Promise<void> {
    const { allocator, board } = this.parts;
    const use = await allocator.poolUse().catch(() => []);
    const full = use.filter(({ used, size }) => size > 0 && used / size >= SATURATED);
    const text = full.map(({ host, pool, used, size }) => `pool "${pool}" on ${host}: ${used} of ${size}`).join('; ');
    if (full.length === 0) board.clear('port-pools');
    else board.report('port-pools', `nearly out of ports (${text}): widen the pool or stop what is not needed`);
  }

  /** The bucket may come later than the service, and the server may be away. */
  private async patiently<T>(part: string, open: () => Promise<T>): Promise<T> {
    const { board } = this.parts;
    const opened = await retrying(open, {
      initialMs: 100,
      maxMs: 2_000,
      signal: this.ended.signal,
      onRetry: (error) => board.report(part, (error as Error).message, { unready: true }),
    });
    board.clear(part);
    return opened;
  }
}
