import {
  bucketName,
  InternalError,
  LARGEST_PAYLOAD_BYTES,
  NotFound,
  ObjectBucket,
  type PayloadRef,
  PayloadTooLarge,
} from '@aet/contracts';
import { createHash } from 'node:crypto';
import { OpenBucket } from '../artifacts/open-bucket.js';
import type { NatsLink } from '../connection/nats-link.js';
import { PayloadStore } from '../payload-store.js';

/** Large values in the object store of this cell. */
export class ObjectPayloadStore extends PayloadStore {
  private readonly bucket: OpenBucket;

  constructor(
    link: NatsLink,
    private readonly place: { namespace: string; cell: string },
  ) {
    super();
    this.bucket = new OpenBucket(link, bucketName(ObjectBucket.Payloads, place.namespace, place.cell));
  }

  async put(text: string): Promise<PayloadRef> {
    const content = Buffer.from(text);
    if (content.length > LARGEST_PAYLOAD_BYTES)
      throw new PayloadTooLarge(
        `a value has ${content.length} bytes, ${LARGEST_PAYLOAD_BYTES} are allowed: store it as an artifact or a file, and pass its name`,
      );
    const name = sha256(content);
    const store = await this.bucket.open();
    const known = await store.info(name);
    if (known === null || known.deleted || known.size !== content.length) await store.putBlob({ name }, content);
    return { $payload: { sha256: name, bytes: content.length, cell: this.place.cell } };
  }

  async get(name: string): Promise<string> {
    const store = await this.bucket.open();
    const content = await store.getBlob(name).catch((cause: unknown) => {
      throw damaged(name, cause);
    });
    if (content === null)
      throw new NotFound(`the large value ${name} is not in cell ${this.place.cell}: it was removed, or belongs to another cell`);
    if (sha256(content) !== name) throw damaged(name);
    return Buffer.from(content).toString('utf8');
  }
}

const sha256 = (content: Uint8Array): string => createHash('sha256').update(content).digest('hex');

const damaged = (name: string, cause?: unknown): InternalError =>
  new InternalError(
    `the large value ${name} is damaged: its content does not match its checksum; rerun from the step that made it`,
    { cause },
  );
