import { createHash, randomBytes } from 'node:crypto';
import { jetstreamManager } from '@nats-io/jetstream';
import { Objm } from '@nats-io/obj';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type NatsLink, ObjectArtifactStore, connectNats } from '../src/index.js';
import { connectionOf } from '../src/connection/nats-link.js';
import { LeakCheck, NatsTestServer } from '../src/testing/index.js';

const leaks = new LeakCheck();
beforeAll(() => leaks.begin());
afterAll(() => leaks.end());

let nats: NatsTestServer;
let link: NatsLink;
let store: ObjectArtifactStore;
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const sha256 = (content: Uint8Array): string => createHash('sha256').update(content).digest('hex');

beforeAll(async () => {
  nats = await NatsTestServer.start();
  link = await connectNats({ servers: [nats.url], user: 'orchestrator', name: 'orchestrator' });
  await new Objm(connectionOf(link)).create('ARTIFACTS_here');
  store = new ObjectArtifactStore(link, { namespace: 'default', cell: 'here' });
});
afterAll(async () => {
  await link.close();
  await nats[Symbol.asyncDispose]();
});

const chunks = async (): Promise<number> => {
  const jsm = await jetstreamManager(connectionOf(link));
  return (await jsm.streams.info('OBJ_ARTIFACTS_here')).state.last_seq;
};

describe('artifacts', () => {
  it('come back as they were, of any size', async () => {
    for (const size of [0, 1, 131_072, 3_000_000]) {
      const content = randomBytes(size);
      const ref = await store.put('run-1', `size-${size}`, content, 'application/octet-stream');
      expect(ref).toEqual({ name: `size-${size}`, mediaType: 'application/octet-stream', bytes: size, sha256: sha256(content) });
      const back = await store.get('run-1', `size-${size}`);
      expect(back.ref).toEqual(ref);
      expect(Buffer.compare(Buffer.from(back.content), content)).toBe(0);
    }
  });

  it('cost nothing the second time, and are replaced by other content', async () => {
    const first = await store.put('run-2', 'report.md', bytes('one'), 'text/markdown');
    const written = await chunks();
    expect(await store.put('run-2', 'report.md', bytes('one'), 'text/markdown')).toEqual(first);
    expect(await chunks()).toBe(written);
    await store.put('run-2', 'report.md', bytes('two'), 'text/markdown');
    expect(new TextDecoder().decode((await store.get('run-2', 'report.md')).content)).toBe('two');
  });

  it('are listed by run', async () => {
    await store.put('run-3', 'b.json', bytes('{}'), 'application/json');
    await store.put('run-3', 'a/report.md', bytes('# hi'), 'text/markdown');
    await store.put('run-33', 'c.json', bytes('{}'), 'application/json');
    expect((await store.list('run-3')).map(({ name, mediaType }) => [name, mediaType])).toEqual([
      ['a/report.md', 'text/markdown'],
      ['b.json', 'application/json'],
    ]);
    expect(await store.list('run-none')).toEqual([]);
  });

  it('that are not there are not found', async () => {
    await expect(store.get('run-1', 'nothing')).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(store.get('run.1', 'nothing')).rejects.toMatchObject({ code: 'INVALID_TOKEN' });
  });

  it('that are damaged are an error, never a short read', async () => {
    await store.put('run-4', 'report.md', bytes('the whole truth'), 'text/markdown');
    const objects = await new Objm(connectionOf(link)).open('ARTIFACTS_here');
    const info = await objects.info('run-4/report.md');
    const jsm = await jetstreamManager(connectionOf(link));
    const subject = `$O.ARTIFACTS_here.C.${info?.nuid}`;
    await jsm.streams.purge('OBJ_ARTIFACTS_here', { filter: subject });
    connectionOf(link).publish(subject, 'half a truth...');
    await expect(store.get('run-4', 'report.md')).rejects.toMatchObject({
      code: 'INTERNAL',
      message: expect.stringContaining('damaged'),
    });
  });

  it('need their store', async () => {
    const nowhere = new ObjectArtifactStore(link, { namespace: 'default', cell: 'elsewhere' });
    await expect(nowhere.list('run-1')).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});
