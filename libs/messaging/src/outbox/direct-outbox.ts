import type { NatsLink } from '../connection/nats-link.js';
import { Outbox } from '../outbox.js';
import { type StoredMessage, publishStored } from '../stream/publish-stored.js';
import type { Published } from '../work-queue.js';

/** No outbox: what its stream does not take within ten seconds is the publisher's to repeat. For processes that keep a record of their own. */
export class DirectOutbox extends Outbox {
  readonly status = undefined;

  constructor(private readonly link: NatsLink) {
    super();
  }

  publish(message: StoredMessage): Promise<Published> {
    return publishStored(this.link, message);
  }
  holds(): boolean {
    return false;
  }
  close(): Promise<void> {
    return Promise.resolve();
  }
}
