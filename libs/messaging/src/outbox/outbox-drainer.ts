import { AetError } from '@aet/contracts';
import { backoffCeilingMs, pause } from '@aet/resilience';
import { Logger } from '@nestjs/common';
import type { Waiting } from './outbox-ledger.js';
import type { OutboxRecord } from './outbox-record.js';
import type { OutboxStore } from './outbox-store.js';

/** Messages of different subjects on their way at once. */
const IN_HAND = 64;
/** A subject whose message was not taken rests so long. Milliseconds. */
const REST = { initialMs: 200, maxMs: 15_000 };
/** A disk that gives nothing back, or a defect: not a busy loop. Milliseconds. */
const CALM_MS = 1_000;

export interface DrainerOptions {
  /** Resolves when the stream has it. @throws {AetError} `retryable` decides what becomes of it */
  send: (record: OutboxRecord) => Promise<unknown>;
  /** Whether sending makes sense at present. */
  connected: () => boolean;
  onDrained: () => void;
  onSetAside: () => void;
}

/** Sends what waits in a store to its streams, in order per subject, until it is told to stop. */
export class OutboxDrainer {
  private readonly logger = new Logger('Outbox');
  private readonly stopping = new AbortController();
  private readonly inHand = new Set<Promise<void>>();
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly store: OutboxStore,
    private readonly options: DrainerOptions,
  ) {}

  /** To be called when something was added, and when the connection is back. */
  wake(): void {
    const { ledger } = this.store;
    clearTimeout(this.timer);
    if (!this.options.connected()) return;
    while (this.inHand.size < IN_HAND && !this.stopping.signal.aborted) {
      const waiting = ledger.take(performance.now());
      if (waiting === undefined) break;
      this.begin(waiting);
    }
    if (ledger.nextTurnAt !== Infinity && !this.stopping.signal.aborted) {
      this.timer = setTimeout(() => this.wake(), Math.max(ledger.nextTurnAt - performance.now(), 1));
    }
  }

  /** Nobody rests any more, and all goes on. */
  connected(): void {
    this.store.ledger.wakeAll();
    this.wake();
  }

  /** Begins nothing more, and waits for what is in hand. */
  async stop(): Promise<void> {
    this.stopping.abort();
    clearTimeout(this.timer);
    await Promise.all(this.inHand);
  }

  private begin(waiting: Waiting): void {
    const ended = this.settle(waiting)
      .catch(async (error: unknown) => {
        this.logger.error(error);
        await pause(CALM_MS, this.stopping.signal);
        this.rest(waiting);
      })
      .finally(() => {
        this.inHand.delete(ended);
        this.wake();
      });
    this.inHand.add(ended);
  }

  private async settle(waiting: Waiting): Promise<void> {
    const record = await this.store.read(waiting);
    if (record === undefined) return this.setAside(waiting, 'its record is damaged');
    try {
      await this.options.send(record);
    } catch (error) {
      if (error instanceof AetError && !error.retryable) return this.setAside(waiting, error.message);
      return this.rest(waiting);
    }
    const noted = this.store.done(waiting);
    this.options.onDrained();
    await noted;
  }

  private async setAside(waiting: Waiting, reason: string): Promise<void> {
    const noted = this.store.setAsideFor(waiting, reason);
    this.options.onSetAside();
    await noted;
  }

  private rest(waiting: Waiting): void {
    this.store.ledger.failed(waiting, (failures) => performance.now() + backoffCeilingMs(failures, REST));
  }
}
