import type { NatsConnection, Subscription } from '@nats-io/nats-core';

/** After so many announcements of what was known already it stops listening: with a backlog they only cost. */
const ENOUGH = 64;

/**
 * Hears of messages as they are published, beside the stream that stores them: an idle host learns of work without asking for it.
 * listening → (known again and again) → deaf → (listen) → listening.
 */
export class Announcements {
  private subscription: Subscription | undefined;
  private useless = 0;

  /** @param tell returns whether it was news */
  constructor(
    private readonly connection: NatsConnection,
    private readonly subject: string,
    private readonly tell: () => boolean,
  ) {
    this.listen();
  }

  /** Whether it began only now: what was published before must be asked for. */
  listen(): boolean {
    if (this.subscription !== undefined || this.connection.isClosed()) return false;
    this.useless = 0;
    this.subscription = this.connection.subscribe(this.subject, {
      callback: (error) => {
        if (error === null) this.heard();
      },
    });
    return true;
  }

  stop(): void {
    if (!this.connection.isClosed()) this.subscription?.unsubscribe();
    this.subscription = undefined;
  }

  private heard(): void {
    if (this.tell()) this.useless = 0;
    else if (++this.useless >= ENOUGH) this.stop();
  }
}
