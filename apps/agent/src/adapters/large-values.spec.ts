import { LARGEST_PAYLOAD_BYTES, PayloadTooLarge, type TaskMessage, type TaskResult, Unavailable } from '@aet/contracts';
import type { ExecutionContext, Executor, ExecutorEvent } from '@aet/executors';
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { LightResults } from './light-results.js';
import { WholeInputExecutor } from './whole-input.executor.js';

const big = 'x'.repeat(300_000);
const refOf = (text: string) => ({
  $payload: { sha256: createHash('sha256').update(text).digest('hex'), bytes: Buffer.byteLength(text), cell: 'c1' },
});

class Store {
  readonly texts = new Map<string, string>();
  put = (text: string) => {
    const ref = refOf(text);
    this.texts.set(ref.$payload.sha256, text);
    return Promise.resolve(ref);
  };
  get = (sha256: string) => {
    const text = this.texts.get(sha256);
    return text === undefined ? Promise.reject(new Unavailable('away')) : Promise.resolve(text);
  };
}

const echo: Executor = {
  name: 'echo',
  async *run(task) {
    yield { kind: 'completed', output: task.input };
  },
};
async function eventsOf(store: Store, input: unknown): Promise<ExecutorEvent[]> {
  const events: ExecutorEvent[] = [];
  for await (const event of new WholeInputExecutor(echo, store).run({ input } as TaskMessage, {} as ExecutionContext))
    events.push(event);
  return events;
}

describe('a task with a large input', () => {
  it('is done with the whole of it', async () => {
    const store = new Store();
    const ref = await store.put(JSON.stringify(big));
    expect(await eventsOf(store, { text: ref, n: 1 })).toEqual([{ kind: 'completed', output: { text: big, n: 1 } }]);
  });

  it('that is not to be had fails, and may be tried again when the store is away', async () => {
    expect(await eventsOf(new Store(), { text: refOf('"a"') })).toMatchObject([{ kind: 'failed', retryable: true }]);
  });
});

describe('a result with a large output', () => {
  const completed = (output: unknown) => ({ step: 's', status: 'completed', output }) as TaskResult;
  const report = async (output: unknown) => {
    const [store, sent] = [new Store(), [] as TaskResult[]];
    const sink = { report: (result: TaskResult) => (sent.push(result), Promise.resolve()) };
    await new LightResults(sink, store, 'c1').report(completed(output), 'c1', new AbortController().signal);
    return { store, sent };
  };

  it('refers to it, and it is stored before', async () => {
    const { store, sent } = await report({ big });
    expect(sent).toMatchObject([{ output: refOf(JSON.stringify({ big })) }]);
    expect(store.texts.size).toBe(1);
    expect((await report({ small: 1 })).sent).toMatchObject([{ output: { small: 1 } }]);
  });

  it('that is larger than any may be is refused', async () => {
    await expect(report('x'.repeat(LARGEST_PAYLOAD_BYTES))).rejects.toBeInstanceOf(PayloadTooLarge);
  });
});
