import type { AetConfig } from '@aet/config';
import { Unavailable } from '@aet/contracts';
import { pause, retrying } from '@aet/resilience';
import type { Pool } from 'pg';
import { createDataSource, type DataSourceParts, runMigrations } from './data-source.js';
import { createPool } from './pool.js';

const AGAIN = { initialMs: 200, maxMs: 5000 };
/** How soon a service tells that its database went away or came back. */
const PROBE_MS = 2000;

/** Hears how it stands with the database. */
export interface DatabaseListener {
  unusable(reason: string): void;
  usable(): void;
}

/** What a service keeps in the database, and how it is called there and in messages. */
export interface ServiceTables extends Pick<DataSourceParts, 'schema' | 'migrations'> {
  /** Such as `orchestrator`. */
  owner: string;
}

/** The pool of a service, its tables made ready before their first use, and a probe. A database that is away is waited for, at the start and later. */
export class ServiceDatabase {
  readonly pool: Pool;
  private readonly stopping = new AbortController();
  private preparation: Promise<void> | undefined;
  private watching: Promise<void> | undefined;
  private migrated = false;

  constructor(
    private readonly config: AetConfig['database'],
    private readonly tables: ServiceTables,
    private readonly listener: DatabaseListener,
  ) {
    this.pool = createPool(config, {
      application: `aet-${tables.owner}`,
      onLost: (error) => listener.unusable(this.lost(error)),
    });
  }

  /** Returns at once; `assertReady` says when it is done. */
  start(): void {
    this.listener.unusable('the tables are being prepared');
    this.watching = this.prepare().then(() => this.watch());
  }

  /** Waits a moment, as a service that starts is ready soon. @throws {Unavailable} while the tables are not there */
  async assertReady(withinMs: number): Promise<void> {
    if (this.migrated) return;
    const patience = new AbortController();
    const late = pause(withinMs, patience.signal).then(() => false);
    const ready = await Promise.race([this.prepared(), late]);
    patience.abort();
    if (!ready) throw new Unavailable(`the database of ${this.tables.owner} is not ready yet: try again in a moment`);
  }

  /** Resolves when the tables are there, or the service stops. */
  async prepared(): Promise<boolean> {
    await this.preparation;
    return this.migrated;
  }

  /** Ends waiting and probing; what is in hand can still be written. */
  abandon(): void {
    this.stopping.abort();
  }

  async stop(): Promise<void> {
    this.abandon();
    await this.watching;
    await this.pool.end();
  }

  private prepare(): Promise<void> {
    this.preparation = retrying(() => this.migrate(), {
      ...AGAIN,
      signal: this.stopping.signal,
      onRetry: (error) => this.listener.unusable((error as Error).message),
    }).then(
      () => {
        this.migrated = true;
        this.listener.usable();
      },
      // Only an abort ends the loop with an error.
      () => undefined,
    );
    return this.preparation;
  }

  private async migrate(): Promise<void> {
    const { schema, migrations, owner } = this.tables;
    const source = createDataSource(this.config, { schema, migrations, application: `aet-${owner}-migrations` });
    try {
      await runMigrations(source);
    } finally {
      if (source.isInitialized) await source.destroy();
    }
  }

  private async watch(): Promise<void> {
    for (;;) {
      await pause(PROBE_MS, this.stopping.signal);
      if (this.stopping.signal.aborted) return;
      await this.pool.query('SELECT 1').then(
        () => this.listener.usable(),
        (error: unknown) => this.listener.unusable(this.lost(error)),
      );
    }
  }

  private lost(error: unknown): string {
    return `the database of ${this.tables.owner} is away: ${error instanceof Error ? error.message : String(error)}`;
  }
}
