import assert from 'node:assert/strict';
import type { RpcMethod } from '@aet/contracts';
import type { RpcClient } from '../../rpc-client.js';
import type { ContractCase } from './contract-case.js';

/** A caller, and the methods that some other process answers. */
export interface RpcWorld {
  client: RpcClient;
  methods: {
    /** Gives back the text. */
    echo: RpcMethod<{ text: string }, { text: string }>;
    /** Fails as `CONFLICT`, not retryable, with the details `{ revision: 7 }`. */
    conflict: RpcMethod;
    /** Answers after so many milliseconds. */
    wait: RpcMethod<{ ms: number }>;
    /** Answered by nobody. */
    absent: RpcMethod;
  };
  /** Closes the caller's connection. */
  close(): Promise<void>;
}

/**
 * Fails so, and does not wait for anything else: a client that did would end with the reply or with another code. So no time is measured,
 * and a machine that is busy proves the same.
 */
const fails = (call: Promise<unknown>, code: string): Promise<void> => assert.rejects(call, { code });

/** What any `RpcClient` promises. */
export const rpcClientContract: readonly ContractCase<RpcWorld>[] = [
  {
    name: 'gives each of many callers its own reply',
    async obeysContract({ client, methods }) {
      const texts = Array.from({ length: 100 }, (_, index) => `text ${index}`);
      const replies = await Promise.all(texts.map((text) => client.call(methods.echo, { text })));
      assert.deepEqual(
        replies.map(({ text }) => text),
        texts,
      );
    },
  },
  {
    name: 'gives back the error of the other side with its code, decision and details',
    async obeysContract({ client, methods }) {
      const expected = { name: 'RemoteError', code: 'CONFLICT', retryable: false, details: { revision: 7 } };
      await assert.rejects(client.call(methods.conflict, {}), expected);
    },
  },
  {
    name: 'fails at once when nobody answers',
    obeysContract: ({ client, methods }) => fails(client.call(methods.absent, {}), 'NO_RESPONDERS'),
  },
  {
    name: 'ends a call when its time is over',
    async obeysContract({ client, methods }) {
      const startedAt = performance.now();
      await fails(client.call(methods.wait, { ms: 2_000 }, { timeoutMs: 100 }), 'DEADLINE_PASSED');
      assert.ok(performance.now() - startedAt >= 100);
      await fails(client.call(methods.wait, { ms: 2_000 }, { deadline: Date.now() - 1 }), 'DEADLINE_PASSED');
    },
  },
  {
    name: 'ends a call when its caller aborts',
    async obeysContract({ client, methods }) {
      const controller = new AbortController();
      const call = client.call(methods.wait, { ms: 2_000 }, { signal: controller.signal });
      setTimeout(() => controller.abort(), 20);
      await fails(call, 'CANCELLED');
      await fails(client.call(methods.wait, { ms: 0 }, { signal: AbortSignal.abort() }), 'CANCELLED');
    },
  },
  {
    name: 'refuses what is too large for the carrier',
    obeysContract: ({ client, methods }) =>
      fails(client.call(methods.echo, { text: 'x'.repeat(2_000_000) }), 'PAYLOAD_TOO_LARGE'),
  },
  {
    name: 'reads the one reply of a method that has one as a stream of one',
    async obeysContract({ client, methods }) {
      const texts: string[] = [];
      for await (const { text } of client.stream(methods.echo, { text: 'once' })) texts.push(text);
      assert.deepEqual(texts, ['once']);
      await fails(client.stream(methods.absent, {}).next(), 'NO_RESPONDERS');
      await fails(client.stream(methods.conflict, {}).next(), 'CONFLICT');
    },
  },
  {
    name: 'is unavailable when its connection is gone, in flight and after',
    async obeysContract(world) {
      const { client, methods } = world;
      const inFlight = fails(client.call(methods.wait, { ms: 2_000 }), 'UNAVAILABLE');
      await client.call(methods.echo, { text: 'a' });
      await world.close();
      await inFlight;
      await fails(client.call(methods.echo, { text: 'b' }), 'UNAVAILABLE');
    },
  },
];
