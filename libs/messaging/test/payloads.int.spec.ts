import { LARGEST_PAYLOAD_BYTES, NotFound, PayloadTooLarge } from '@aet/contracts';
import { jetstreamManager } from '@nats-io/jetstream';
import { Objm } from '@nats-io/obj';
import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { connectionOf } from '../src/connection/nats-link.js';
import { connectNats, type NatsLink, ObjectPayloadStore, PAYLOAD_FRESH_MS } from '../src/index.js';
import { LeakCheck, NatsTestServer } from '../src/testing/index.js';

const leaks = new LeakCheck();
beforeAll(() => leaks.begin());
afterAll(() => leaks.end());

let nats: NatsTestServer;
let link: NatsLink;
let store: ObjectPayloadStore;
const BUCKET = 'PAYLOADS_here';
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

beforeAll(async () => {
  nats = await NatsTestServer.start();
  link = await connectNats({ servers: [nats.url], user: 'orchestrator', name: 'orchestrator' });
  await new Objm(connectionOf(link)).create(BUCKET);
  store = new ObjectPayloadStore(link, { namespace: 'default', cell: 'here' });
});
afterAll(async () => {
  await link.close();
  await nats[Symbol.asyncDispose]();
});

const written = async (): Promise<number> =>
  (await (await jetstreamManager(connectionOf(link))).streams.info(`OBJ_${BUCKET}`)).state.last_seq;

describe('large values', () => {
  it('come back as they were, under the checksum of their text', async () => {
    const text = JSON.stringify({ text: 'é'.repeat(400_000) });
    const ref = await store.put(text);
    expect(ref).toEqual({ $payload: { sha256: sha256(text), bytes: Buffer.byteLength(text), cell: 'here' } });
    expect(await store.get(sha256(text))).toBe(text);
  });

  it('are stored once', async () => {
    await store.put('"once"');
    const before = await written();
    await store.put('"once"');
    expect(await written()).toBe(before);
  });

  it('are refused over the limit, and when they are not there', async () => {
    await expect(store.put('x'.repeat(LARGEST_PAYLOAD_BYTES + 1))).rejects.toBeInstanceOf(PayloadTooLarge);
    await expect(store.get('0'.repeat(64))).rejects.toBeInstanceOf(NotFound);
  });

  it('that were changed are an error, never another value', async () => {
    const objects = await new Objm(connectionOf(link)).open(BUCKET, false);
    await objects.putBlob({ name: sha256('"mine"') }, Buffer.from('"other"'));
    await expect(store.get(sha256('"mine"'))).rejects.toMatchObject({
      code: 'INTERNAL',
      message: expect.stringContaining('damaged') as string,
    });
  });

  it('are removed by their age, unless they were put again meanwhile, and can be put anew', async () => {
    const [text, later] = ['"forgotten"', Date.now() + 60_000];
    await store.put(text);
    const known = await store.storedBefore(later);
    expect(known).toContainEqual({ sha256: sha256(text), bytes: text.length });
    expect(await store.storedBefore(Date.now() - 60_000)).toEqual([]);
    expect(await store.remove(sha256(text), Date.now() - 60_000)).toBe(false);
    const { messages } = (await (await jetstreamManager(connectionOf(link))).streams.info(`OBJ_${BUCKET}`)).state;
    expect(await store.remove(sha256(text), later)).toBe(true);
    expect(await store.remove(sha256(text), later)).toBe(true); // as it is gone
    // neither content nor a mark is left
    expect((await (await jetstreamManager(connectionOf(link))).streams.info(`OBJ_${BUCKET}`)).state.messages).toBe(messages - 2);
    await expect(store.get(sha256(text))).rejects.toBeInstanceOf(NotFound);
    await store.put(text);
    expect(await store.get(sha256(text))).toBe(text);
  });

  it('that are old are as new when they are put again', async () => {
    const [text, name] = ['"again"', sha256('"again"')];
    await store.put(text);
    vi.useFakeTimers({ now: Date.now() + PAYLOAD_FRESH_MS + 60_000, toFake: ['Date'] });
    try {
      await store.put(text);
      expect((await store.storedBefore(Date.now() - 1_000)).map(({ sha256: of }) => of)).not.toContain(name);
    } finally {
      vi.useRealTimers();
    }
  });
});
