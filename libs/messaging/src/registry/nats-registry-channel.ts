import { type RegistrySnapshot, Subjects } from '@aet/contracts';
import type { Msg } from '@nats-io/nats-core';
import { type NatsLink, connectionOf } from '../connection/nats-link.js';
import type { Subscription } from '../event-bus.js';
import { deliver } from '../events/decode-message.js';
import { openSubscription } from '../events/open-subscription.js';
import { RegistryChannel } from './registry-channel.js';

export class NatsRegistryChannel extends RegistryChannel {
  private readonly subjects: Subjects;

  constructor(
    private readonly link: NatsLink,
    namespace: string,
  ) {
    super();
    this.subjects = new Subjects(namespace);
  }

  publish(snapshot: RegistrySnapshot): void {
    // What is published while the link reconnects is kept and sent afterwards: old pictures in a row.
    if (this.link.status !== 'connected') return;
    connectionOf(this.link).publish(this.subjects.registrySnapshot(snapshot.cell), JSON.stringify(snapshot));
  }

  onSnapshot(handler: (snapshot: RegistrySnapshot) => void): Subscription {
    const callback = (error: Error | null, message: Msg): void => {
      if (error === null) deliver(message, handler);
    };
    const subscription = connectionOf(this.link).subscribe(this.subjects.allRegistrySnapshots(), { callback });
    return openSubscription([{ stop: () => subscription.unsubscribe(), finished: Promise.resolve() }]);
  }
}
