import {
  bucketName,
  InternalError,
  LARGEST_PAYLOAD_BYTES,
  NotFound,
  ObjectBucket,
  objectContent,
  objectEntry,
  objectStream,
  type PayloadRef,
  PayloadTooLarge,
} from '@aet/contracts';
import { jetstreamManager } from '@nats-io/jetstream';
import type { ObjectInfo } from '@nats-io/obj';
import { createHash } from 'node:crypto';
import { OpenBucket } from '../artifacts/open-bucket.js';
import { connectionOf, type NatsLink } from '../connection/nats-link.js';
import { jetStreamError } from '../jetstream/jetstream-error.js';
import { PAYLOAD_FRESH_MS, PayloadStore, type StoredPayload } from '../payload-store.js';

/** Large values in the object store of this cell. */
export class ObjectPayloadStore extends PayloadStore {
  private readonly bucketName: string;
  private readonly bucket: OpenBucket;

  constructor(
    private readonly link: NatsLink,
    private readonly place: { namespace: string; cell: string },
  ) {
    super();
    this.bucketName = bucketName(ObjectBucket.Payloads, place.namespace, place.cell);
    this.bucket = new OpenBucket(link, this.bucketName);
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
    if (known === null || known.deleted || known.size !== content.length || putAt(known) < Date.now() - PAYLOAD_FRESH_MS)
      await store.putBlob({ name }, content);
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

  async storedBefore(before: number): Promise<StoredPayload[]> {
    const store = await this.bucket.open();
    const infos = await store.list().catch((cause: unknown) => {
      throw jetStreamError(cause, 'listing large values');
    });
    return infos
      .filter((info) => !info.deleted && putAt(info) < before && SHA256.test(info.name))
      .map(({ name, size }) => ({ sha256: name, bytes: size }));
  }

  /**
   * The content first: when this does not come to its end, the value is listed, and removed, again; who puts it meanwhile writes content of his own.
   * The entry goes up to the one that was looked at, so one that is newer stays.
   */
  async remove(name: string, before: number): Promise<boolean> {
    const store = await this.bucket.open();
    try {
      const info = await store.info(name);
      if (info === null || info.deleted) return true;
      if (putAt(info) >= before) return false;
      const { streams } = await jetstreamManager(connectionOf(this.link), { checkAPI: false });
      const stream = objectStream(this.bucketName);
      await streams.purge(stream, { filter: objectContent(this.bucketName, info.nuid) });
      await streams.purge(stream, { filter: objectEntry(this.bucketName, name), seq: info.revision + 1 });
      return (await store.info(name)) === null;
    } catch (cause) {
      throw jetStreamError(cause, `removing the large value ${name}`);
    }
  }
}

/** Unix milliseconds, by the clock of who put it. */
const putAt = ({ mtime }: ObjectInfo): number => Date.parse(mtime);

const SHA256 = /^[0-9a-f]{64}$/;
const sha256 = (content: Uint8Array): string => createHash('sha256').update(content).digest('hex');

const damaged = (name: string, cause?: unknown): InternalError =>
  new InternalError(
    `the large value ${name} is damaged: its content does not match its checksum; rerun from the step that made it`,
    { cause },
  );
