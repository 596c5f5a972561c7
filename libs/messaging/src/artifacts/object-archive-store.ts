import { AetError, InternalError, ObjectBucket, bucketName } from '@aet/contracts';
import { pause } from '@aet/resilience';
import type { ObjectStore } from '@nats-io/obj';
import { ArchiveStore } from '../archive-store.js';
import type { NatsLink } from '../connection/nats-link.js';
import { jetStreamError } from '../jetstream/jetstream-error.js';
import { OpenBucket } from './open-bucket.js';

/** Segments in the cell's object store `ARCHIVE`. */
export class ObjectArchiveStore extends ArchiveStore {
  private readonly bucket: OpenBucket;

  constructor(link: NatsLink, { namespace, cell }: { namespace: string; cell: string }) {
    super();
    this.bucket = new OpenBucket(link, bucketName(ObjectBucket.Archive, namespace, cell));
  }

  async put(name: string, content: Uint8Array): Promise<void> {
    await this.asked(`writing the segment ${name}`, (store) => store.putBlob({ name }, content));
  }

  async get(name: string): Promise<Uint8Array | undefined> {
    const info = await this.asked(`looking for the segment ${name}`, (store) => store.info(name));
    if (info === null || info.deleted) return undefined;
    const content = await this.asked(`reading the segment ${name}`, (store) => read(store, name));
    if (content !== null && content.length !== info.size) throw damaged(name);
    return content ?? undefined;
  }

  async remove(name: string): Promise<void> {
    await this.asked(`removing the segment ${name}`, async (store) => {
      const info = await store.info(name);
      if (info !== null && !info.deleted) await store.delete(name);
    });
  }

  async names(): Promise<string[]> {
    const infos = await this.asked('listing the archive', (store) => store.list());
    return infos.filter(({ deleted }) => !deleted).map(({ name }) => name);
  }

  private async asked<T>(what: string, question: (store: ObjectStore) => Promise<T>): Promise<T> {
    try {
      return await question(await this.bucket.open());
    } catch (error) {
      throw error instanceof AetError ? error : jetStreamError(error, what);
    }
  }
}

/** Longest wait for all chunks of a segment: of one whose chunks are gone nothing comes, not even an end. Milliseconds. */
const READ_MS = 30_000;

async function read(store: ObjectStore, name: string): Promise<Uint8Array | null> {
  const over = new AbortController();
  const late = pause(READ_MS, over.signal).then((): never => {
    throw damaged(name, new Error(`it did not come within ${READ_MS} ms`));
  });
  // Called off when the segment came: then nobody waits for this any more.
  late.catch(() => undefined);
  try {
    return await Promise.race([store.getBlob(name), late]);
  } catch (cause) {
    throw isDigest(cause) ? damaged(name, cause) : cause;
  } finally {
    over.abort();
  }
}

/** The package's only sign that bytes are not those that were written. Source: @nats-io/obj, objectstore.js */
const isDigest = (cause: unknown): boolean => /digest|unexpected object size|received a corrupt/i.test(String(cause));

const damaged = (name: string, cause?: unknown): InternalError =>
  new InternalError(`the segment ${name} of the archive is damaged: its content does not match its digest`, { cause });
