import { createHash } from 'node:crypto';
import { type ArtifactRef, InternalError, NotFound, ObjectBucket, bucketName, token } from '@aet/contracts';
import type { ObjectInfo, ObjectStore } from '@nats-io/obj';
import { ArtifactStore } from '../artifact-store.js';
import type { NatsLink } from '../connection/nats-link.js';
import { OpenBucket } from './open-bucket.js';

export interface ArtifactStoreOptions {
  namespace: string;
  cell: string;
}

/** Artifacts in the cell's object store, under `<run>/<name>`. */
export class ObjectArtifactStore extends ArtifactStore {
  private readonly bucket: OpenBucket;

  constructor(link: NatsLink, { namespace, cell }: ArtifactStoreOptions) {
    super();
    this.bucket = new OpenBucket(link, bucketName(ObjectBucket.Artifacts, namespace, cell));
  }

  async put(runId: string, name: string, content: Uint8Array, mediaType: string): Promise<ArtifactRef> {
    const ref: ArtifactRef = { name, mediaType, bytes: content.length, sha256: sha256(content) };
    const store = await this.bucket.open();
    const path = pathOf(runId, name);
    if (sameRef(refOf(await store.info(path), runId), ref)) return ref;
    await store.putBlob({ name: path, metadata: { mediaType, sha256: ref.sha256 } }, content);
    return ref;
  }

  async get(runId: string, name: string): Promise<{ ref: ArtifactRef; content: Uint8Array }> {
    const store = await this.bucket.open();
    const path = pathOf(runId, name);
    const ref = refOf(await store.info(path), runId);
    if (ref === undefined) throw new NotFound(`the run ${runId} has no artifact "${name}"`);
    const content = await this.read(store, path);
    if (content.length !== ref.bytes || sha256(content) !== ref.sha256) throw damaged(path);
    return { ref, content };
  }

  async list(runId: string): Promise<ArtifactRef[]> {
    const store = await this.bucket.open();
    const prefix = pathOf(runId, '');
    const infos = (await store.list()).filter((info) => info.name.startsWith(prefix));
    return infos.flatMap((info) => refOf(info, runId) ?? []).toSorted((a, b) => a.name.localeCompare(b.name));
  }

  private async read(store: ObjectStore, path: string): Promise<Uint8Array> {
    const content = await store.getBlob(path).catch((cause: unknown) => {
      throw damaged(path, cause);
    });
    if (content === null) throw new NotFound(`the artifact ${path} was removed while it was read`);
    return content;
  }
}

const sha256 = (content: Uint8Array): string => createHash('sha256').update(content).digest('hex');

const pathOf = (runId: string, name: string): string => `${token(runId, 'run id')}/${name}`;

function refOf(info: ObjectInfo | null, runId: string): ArtifactRef | undefined {
  if (info === null || info.deleted) return undefined;
  const { mediaType, sha256: digest } = info.metadata ?? {};
  if (mediaType === undefined || digest === undefined) return undefined;
  return { name: info.name.slice(pathOf(runId, '').length), mediaType, bytes: info.size, sha256: digest };
}

const sameRef = (a: ArtifactRef | undefined, b: ArtifactRef): boolean => a?.sha256 === b.sha256 && a.mediaType === b.mediaType;

const damaged = (path: string, cause?: unknown): InternalError =>
  new InternalError(`the artifact ${path} is damaged: its content does not match its digest; run the step that made it again`, {
    cause,
  });
