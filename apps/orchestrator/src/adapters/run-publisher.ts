import { type Relay, Sweeper } from '@aet/persistence';
import type { OnApplicationBootstrap } from '@nestjs/common';
import type { RecordReadiness } from '../application/ports.js';
import type { RelayObserver } from './relay-observer.js';

/** Relay and sweeper of this replica: the relay from the first commit on, the sweeper as soon as there are tables to compare. */
export class RunPublisher implements OnApplicationBootstrap {
  private readonly sweeper: Sweeper;
  private starting: Promise<void> = Promise.resolve();

  constructor(
    private readonly relay: Relay,
    private readonly record: RecordReadiness,
    observer: RelayObserver,
    sweepMs: number,
  ) {
    this.sweeper = new Sweeper(relay, { sweepMs, listener: observer });
  }

  onApplicationBootstrap(): void {
    this.relay.start();
    this.starting = this.record.prepared().then((prepared) => {
      if (prepared) this.sweeper.start();
    });
  }

  /** Looks for nothing new; what is being published goes on. */
  async stopSweeping(): Promise<void> {
    await this.starting;
    await this.sweeper.stop();
  }

  async stop(): Promise<void> {
    await this.stopSweeping();
    await this.relay.stop();
  }
}
