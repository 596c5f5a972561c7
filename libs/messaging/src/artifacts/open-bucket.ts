import { jetstream } from '@nats-io/jetstream';
import { type ObjectStore, Objm } from '@nats-io/obj';
import { type NatsLink, connectionOf } from '../connection/nats-link.js';
import { jetStreamError } from '../jetstream/jetstream-error.js';

/** An object store that the start of the cell made: this does not make it. @throws {NotFound} {Unavailable} */
export async function openBucket(link: NatsLink, bucket: string): Promise<ObjectStore> {
  const client = jetstream(connectionOf(link), { checkAPI: false });
  const manager = await client.jetstreamManager();
  try {
    await manager.streams.info(`OBJ_${bucket}`);
  } catch (cause) {
    throw jetStreamError(cause, `opening the object store ${bucket}, which the start of the cell makes`);
  }
  return new Objm(client).open(bucket, false);
}
