import type { RegistrySnapshot } from '@aet/contracts';
import type { Subscription } from '../event-bus.js';

/** What registries tell each other, over the leaf links: told once, kept nowhere, since the next is a second away. */
export abstract class RegistryChannel {
  /** Never rejects and never waits: a snapshot that cannot be sent is overtaken by the next. */
  abstract publish(snapshot: RegistrySnapshot): void;
  /** Snapshots of every cell in reach, this one too. */
  abstract onSnapshot(handler: (snapshot: RegistrySnapshot) => void): Subscription;
}
