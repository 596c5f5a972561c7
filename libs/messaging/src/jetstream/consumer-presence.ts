import { JetStreamApi, NotFound } from '@aet/contracts';
import { JetStreamApiError } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/nats-core';
import { Logger } from '@nestjs/common';
import { jetStreamError } from './jetstream-error.js';
import type { PullEnd } from './pull-inbox.js';

const logger = new Logger('WorkConsumer');

/** Longest wait for the server's word on a consumer. Milliseconds. */
const DIAGNOSIS_MS = 2_000;

type Presence = 'there' | 'silent' | 'gone';

/**
 * Whether a durable consumer answers its pulls, told to the log once for each change. A new server refuses the pull from a consumer that it does
 * not have, an old one says nothing: so after both the server is asked for the consumer.
 */
export class ConsumerPresence {
  private presence: Presence = 'there';
  private asking = false;

  /** @param waits what waits while it is gone, for the log */
  constructor(
    private readonly connection: NatsConnection,
    private readonly stream: string,
    private readonly consumer: string,
    private readonly waits: string,
  ) {}

  get isDoubtful(): boolean {
    return this.presence !== 'there';
  }

  ended(end: PullEnd): void {
    if (end === 'gone' || end === 'silent') void this.ask();
    else if (end !== 'interrupted') this.turn('there');
  }

  private async ask(): Promise<void> {
    if (this.asking) return;
    this.asking = true;
    const what = `consumer ${this.stream}/${this.consumer}`;
    try {
      const question = JetStreamApi.consumerInfo(this.stream, this.consumer);
      const answer = await this.connection.request(question, '', { timeout: DIAGNOSIS_MS });
      const { error } = answer.json<{ error?: ConstructorParameters<typeof JetStreamApiError>[0] }>();
      if (error !== undefined) throw new JetStreamApiError(error);
      this.turn('silent');
    } catch (cause) {
      // Without an answer to this either it is the server or the connection, which the link tells.
      if (jetStreamError(cause, what) instanceof NotFound) this.turn('gone');
    } finally {
      this.asking = false;
    }
  }

  private turn(to: Presence): void {
    if (this.presence === to) return;
    this.presence = to;
    const what = `the consumer ${this.stream}/${this.consumer}`;
    if (to === 'there') logger.log(`${what} answers again`);
    else if (to === 'silent') logger.warn(`${what} does not answer pulls in time and is asked again: is the server overloaded?`);
    else
      logger.error(
        `${what} is not there any more, so ${this.waits} wait: a start of the fleet sets it up again, and this host goes on by itself then`,
      );
  }
}
