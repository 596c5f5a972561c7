import { jetstream } from '@nats-io/jetstream';
import { type ObjectStore, Objm } from '@nats-io/obj';
import { type NatsLink, connectionOf } from '../connection/nats-link.js';
import { jetStreamError } from '../jetstream/jetstream-error.js';

/** An object store that the start of the cell made: this does not make it, and looks for it until it is there. */
export class OpenBucket {
  private opened: Promise<ObjectStore> | undefined;

  constructor(
    private readonly link: NatsLink,
    private readonly bucket: string,
  ) {}

  /** @throws {NotFound} {Unavailable} */
  open(): Promise<ObjectStore> {
    this.opened ??= this.openOnce().catch((error: unknown) => {
      this.opened = undefined;
      throw error;
    });
    return this.opened;
  }

  private async openOnce(): Promise<ObjectStore> {
    const client = jetstream(connectionOf(this.link), { checkAPI: false });
    const manager = await client.jetstreamManager();
    try {
      await manager.streams.info(`OBJ_${this.bucket}`);
    } catch (cause) {
      throw jetStreamError(cause, `opening the object store ${this.bucket}, which the start of the cell makes`);
    }
    return new Objm(client).open(this.bucket, false);
  }
}
