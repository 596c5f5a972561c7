import { type StopNotice, Subjects } from '@aet/contracts';
import type { Msg } from '@nats-io/nats-core';
import { type NatsLink, connectionOf } from '../connection/nats-link.js';
import type { Subscription } from '../event-bus.js';
import { StopNotices } from '../stop-notices.js';
import { deliver } from './decode-message.js';
import { openSubscription } from './open-subscription.js';

export class NatsStopNotices extends StopNotices {
  private readonly subjects: Subjects;

  constructor(
    private readonly link: NatsLink,
    namespace: string,
  ) {
    super();
    this.subjects = new Subjects(namespace);
  }

  publish(notice: StopNotice, cell: string): void {
    const connection = connectionOf(this.link);
    if (!connection.isClosed()) connection.publish(this.subjects.stop(cell, notice.runId), JSON.stringify(notice));
  }

  onStop(handler: (notice: StopNotice) => void): Subscription {
    const callback = (error: Error | null, message: Msg): void => {
      if (error === null) deliver(message, handler);
    };
    const subscription = connectionOf(this.link).subscribe(this.subjects.allStops(), { callback });
    return openSubscription([{ stop: () => subscription.unsubscribe(), finished: Promise.resolve() }]);
  }
}
