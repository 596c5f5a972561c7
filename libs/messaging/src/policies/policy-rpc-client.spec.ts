import {
  Cancelled,
  Conflict,
  DeadlinePassed,
  NoResponders,
  RemoteError,
  ResourceExhausted,
  rpcMethod,
  ServiceName,
  Unavailable,
} from '@aet/contracts';
import type { CallPolicyChanges, DeclaredPolicies } from '@aet/resilience';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type CallOptions, RpcClient } from '../rpc-client.js';
import { PolicyRpcClient } from './policy-rpc-client.js';

class Nothing {}
const read = rpcMethod<string>()(ServiceName.Km, 'search', Nothing, 'Reads.', { idempotent: true });
const write = rpcMethod<string>()(ServiceName.Km, 'ingest', Nothing, 'Writes.');

type Behaviour = (options: CallOptions, nth: number) => Promise<unknown>;

/** The other side as a test wants it, and what it was asked. */
class Scripted extends RpcClient {
  readonly asked: CallOptions[] = [];
  constructor(public behaviour: Behaviour) {
    super();
  }
  call<Res>(_method: unknown, _request: object, options: CallOptions = {}): Promise<Res> {
    this.asked.push(options);
    return this.behaviour(options, this.asked.length) as Promise<Res>;
  }
}

const base: DeclaredPolicies = {
  default: {
    bulkhead: { inFlight: 0, queue: 0 },
    breaker: { failures: 3, openMs: 1_000 },
    hedge: { enabled: false, quantile: 0.95, minMs: 1, maxMs: 1 },
    retry: { attempts: 1, initialMs: 1, maxMs: 1 },
    budget: { share: 1, burst: 1_000, perSecond: 0 },
    timeoutMs: 0,
  },
  targets: {},
};

interface World {
  other: Scripted;
  client: PolicyRpcClient;
  clock: { now: number };
  transitions: string[];
}
function world(changes: CallPolicyChanges, behaviour: Behaviour): World {
  const other = new Scripted(behaviour);
  const clock = { now: 0 };
  const transitions: string[] = [];
  const client = new PolicyRpcClient(other, {
    policies: { ...base, targets: { km: changes } },
    timeoutMs: 5_000,
    onBreaker: (target, before, after) => transitions.push(`${target}: ${before} to ${after}`),
    now: () => clock.now,
    random: () => 0,
  });
  return { other, client, clock, transitions };
}
const codeOf = async (call: Promise<unknown>): Promise<unknown> =>
  call.then(
    (value) => value,
    (error: { code?: string }) => error.code ?? error,
  );
const down: Behaviour = () => Promise.reject(new Unavailable('down'));
const remote = (code: string, retryable: boolean): RemoteError => new RemoteError({ code, message: 'no', retryable }, 'km');

describe('a call without special policies', () => {
  it('goes on with the very options of its caller', async () => {
    const { other, client } = world({}, async () => 'yes');
    const options = { timeoutMs: 17 };
    expect(await client.call(read, {}, options)).toBe('yes');
    expect(other.asked[0]).toBe(options);
  });
});

describe('the breaker', () => {
  it('opens after failures in a row, refuses without asking, and lets one trial through', async () => {
    const { other, client, clock, transitions } = world({}, down);
    for (let call = 0; call < 3; call++) expect(await codeOf(client.call(write, {}))).toBe('UNAVAILABLE');
    const refused = await client.call(write, {}).catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: 'UNAVAILABLE', details: { breaker: 'open', retryAfterMs: 1_000 } });
    expect(other.asked).toHaveLength(3);
    expect(client.openBreakers()).toEqual(['km.ingest']);

    clock.now = 1_000;
    other.behaviour = async () => 'back';
    const [first, second] = await Promise.all([codeOf(client.call(write, {})), codeOf(client.call(write, {}))]);
    expect([first, second]).toEqual(['back', 'UNAVAILABLE']);
    expect(transitions).toEqual(['km.ingest: closed to open', 'km.ingest: open to half-open', 'km.ingest: half-open to closed']);
    expect(client.status()[0]).toMatchObject({ breaker: 'closed', opened: 1, refusedByBreaker: 2, failures: 3, calls: 6 });
  });

  it('is told of as long as somebody asks', async () => {
    const { client, clock } = world({}, down);
    for (let call = 0; call < 3; call++) await codeOf(client.call(write, {}));
    clock.now = 30_000;
    expect(client.openBreakers()).toEqual(['km.ingest']);
    clock.now = 62_000;
    expect(client.openBreakers()).toEqual([]);
    expect(client.status()[0]).toMatchObject({ breaker: 'open', restsForMs: 0 });
  });

  it('of one method leaves the others alone, and so does that of one cell', async () => {
    const { client } = world({}, down);
    for (let call = 0; call < 3; call++) await codeOf(client.call(read, {}, { cell: 'pc2' }));
    expect(client.openBreakers()).toEqual(['km.search in pc2']);
    expect(await codeOf(client.call(read, {}))).toBe('UNAVAILABLE');
    expect(client.status().find(({ target }) => target === 'km.search')).toMatchObject({ breaker: 'closed', failures: 1 });
  });

  it.each([
    ['a refusal of the other side', () => new Conflict('first'), 0],
    ['an answer that says no', () => remote('NOT_FOUND', false), 0],
    ['back-pressure', () => remote('RESOURCE_EXHAUSTED', true), 0],
    ['a call that was taken back', () => new Cancelled('enough'), 0],
    ['an instance that is leaving', () => remote('DRAINING', true), 0],
    ['a defect of the other side', () => remote('INTERNAL', false), 1],
    ['silence', () => new DeadlinePassed('late'), 1],
    ['nobody', () => new NoResponders('nobody'), 1],
  ])('takes %s for what it is', async (_what, error, opened) => {
    const { client } = world({}, () => Promise.reject(error()));
    for (let call = 0; call < 5; call++) await codeOf(client.call(write, {}));
    expect(client.status()[0]?.opened).toBe(opened);
  });

  it('does not blame the other side for a call that had no time', async () => {
    const { client } = world({}, () => Promise.reject(new DeadlinePassed('before it was sent')));
    for (let call = 0; call < 5; call++) await codeOf(client.call(write, {}, { deadline: Date.now() - 1 }));
    for (let call = 0; call < 5; call++) await codeOf(client.call(write, {}, { timeoutMs: 5 }));
    expect(client.openBreakers()).toEqual([]);
  });

  it('has no say in calls of one instance', async () => {
    const { other, client } = world({}, down);
    for (let call = 0; call < 9; call++) await codeOf(client.call(read, {}, { instance: 'km-1' }));
    expect(other.asked).toHaveLength(9);
    expect(client.status()).toEqual([]);
  });
});

describe('a stream', () => {
  const items = (...script: (number | Error)[]): AsyncIterable<number> =>
    (async function* () {
      for (const item of script) {
        if (item instanceof Error) throw item;
        yield item;
      }
    })();
  const readAll = async (stream: AsyncIterable<unknown>): Promise<unknown[]> => {
    const seen: unknown[] = [];
    try {
      for await (const item of stream) seen.push(item);
    } catch (error) {
      seen.push((error as { code: string }).code);
    }
    return seen;
  };
  const streaming = (script: () => (number | Error)[]): World => {
    const made = world({}, down);
    Object.assign(made.other, { stream: () => items(...script()) });
    return made;
  };

  it('is passed on as it comes', async () => {
    const { client } = streaming(() => [1, 2, 3]);
    expect(await readAll(client.stream(read, {}))).toEqual([1, 2, 3]);
    expect(client.status()[0]).toMatchObject({ calls: 1, failures: 0 });
  });

  it('opens the breaker by failures in a row, and is refused by it', async () => {
    const { client } = streaming(() => [new Unavailable('down')]);
    for (let call = 0; call < 5; call++) expect(await readAll(client.stream(read, {}))).toEqual(['UNAVAILABLE']);
    expect(client.status()[0]).toMatchObject({ failures: 3, refusedByBreaker: 2, breaker: 'open' });
  });

  it('that its reader leaves is no failure, and gives back the trial that it was', async () => {
    const script: (number | Error)[] = [new Unavailable('down')];
    const { client, clock } = streaming(() => script);
    for (let call = 0; call < 3; call++) await readAll(client.stream(read, {}));
    clock.now = 1_000;
    script.splice(0, 1, new Cancelled('the reader is gone'));
    expect(await readAll(client.stream(read, {}))).toEqual(['CANCELLED']);
    script.splice(0, 1, 7);
    expect(await readAll(client.stream(read, {}))).toEqual([7]);
    expect(client.status()[0]?.breaker).toBe('closed');
  });
});

describe('retries', () => {
  const twice = { retry: { attempts: 3 } };

  it('save a call, which then counts as a success', async () => {
    const { other, client } = world(twice, async (_, nth) => (nth < 3 ? down({}, 0) : 'at last'));
    expect(await client.call(read, {})).toBe('at last');
    expect(other.asked).toHaveLength(3);
    expect(client.status()[0]).toMatchObject({ calls: 1, failures: 0, retries: 2, breaker: 'closed' });
  });

  it('repeat what may have been carried out only when that changes nothing', async () => {
    const { other, client } = world(twice, down);
    await codeOf(client.call(write, {}));
    expect(other.asked).toHaveLength(1);
    await codeOf(client.call(read, {}));
    expect(other.asked).toHaveLength(4);
  });

  it.each([
    ['nobody got it', () => new NoResponders('nobody'), 3],
    ['the instance is leaving', () => remote('DRAINING', true), 3],
    [
      'it was refused before it began',
      () => new RemoteError({ code: 'RESOURCE_EXHAUSTED', message: 'no', retryable: true, details: { begun: false } }, 'km'),
      3,
    ],
    ['there was no room in the middle of it', () => remote('RESOURCE_EXHAUSTED', true), 1],
    ['it was refused for good', () => new RemoteError({ code: 'CONFLICT', message: 'no', retryable: false }, 'km'), 1],
  ])('of a write when %s', async (_what, error, tries) => {
    const { other, client } = world(twice, () => Promise.reject(error()));
    await codeOf(client.call(write, {}));
    expect(other.asked).toHaveLength(tries);
  });

  it('share the time of the call', async () => {
    const { other, client, clock } = world(twice, (_, nth) => {
      clock.now += 100;
      return nth === 1 ? down({}, 0) : Promise.resolve('yes');
    });
    await client.call(read, {}, { timeoutMs: 1_000 });
    expect(other.asked.map(({ timeoutMs }) => timeoutMs)).toEqual([1_000, 900]);
  });

  it('end when the time of the call is over', async () => {
    const { other, client, clock } = world(twice, () => {
      clock.now += 700;
      return down({}, 0);
    });
    await codeOf(client.call(read, {}, { timeoutMs: 1_000 }));
    expect(other.asked).toHaveLength(2);
  });

  it('are at most a share of the calls', async () => {
    const { other, client } = world({ retry: { attempts: 5 }, budget: { share: 0.1, burst: 5 }, breaker: { failures: 0 } }, down);
    for (let call = 0; call < 200; call++) await codeOf(client.call(read, {}));
    const counted = client.status()[0];
    expect(other.asked).toHaveLength(200 + (counted?.retries ?? 0));
    expect(counted?.retries).toBeGreaterThanOrEqual(20);
    expect(counted?.retries).toBeLessThanOrEqual(25);
    expect(counted?.overBudget).toBeGreaterThanOrEqual(150);
  });

  it('end with the patience of the caller', async () => {
    const controller = new AbortController();
    const { other, client } = world({ retry: { attempts: 5 } }, (_, nth) => {
      if (nth === 2) controller.abort();
      return down({}, 0);
    });
    await codeOf(client.call(read, {}, { signal: controller.signal }));
    expect(other.asked).toHaveLength(2);
  });
});

describe('the time of one try', () => {
  it('is bounded, and another try gets its own', async () => {
    const { other, client } = world({ timeoutMs: 50, retry: { attempts: 2 } }, async (_, nth) =>
      nth === 1 ? Promise.reject(new DeadlinePassed('50 ms are over')) : 'quick',
    );
    expect(await client.call(read, {}, { timeoutMs: 1_000 })).toBe('quick');
    expect(other.asked.map(({ timeoutMs }) => timeoutMs)).toEqual([50, 50]);
  });

  it('does not make a write be repeated', async () => {
    const { other, client } = world({ timeoutMs: 50, retry: { attempts: 2 } }, () => Promise.reject(new DeadlinePassed('over')));
    expect(await codeOf(client.call(write, {}))).toBe('DEADLINE_PASSED');
    expect(other.asked).toHaveLength(1);
  });
});

describe('a hedged call', () => {
  const hedge = { hedge: { enabled: true } };
  /** Answers when it is aborted only. */
  const hangs: Behaviour = ({ signal }) =>
    new Promise((_, reject) => signal?.addEventListener('abort', () => reject(new Cancelled('aborted'))));

  it('takes the answer of the second request and aborts the first', async () => {
    const { other, client } = world(hedge, (options, nth) => (nth === 1 ? hangs(options, nth) : Promise.resolve('second')));
    expect(await client.call(read, {})).toBe('second');
    expect(other.asked.map(({ signal }) => signal?.aborted)).toEqual([true, true]);
    expect(client.status()[0]).toMatchObject({ hedges: 1, hedgeWins: 1, calls: 1, failures: 0 });
  });

  it('is none for what is not idempotent, nor when the first answer is in time', async () => {
    const { other, client } = world(hedge, async () => 'quick');
    expect([await client.call(write, {}), await client.call(read, {})]).toEqual(['quick', 'quick']);
    expect(other.asked).toHaveLength(2);
  });

  it('is paid from the retry budget', async () => {
    const { client } = world({ ...hedge, budget: { share: 0, burst: 2 } }, (options, nth) =>
      nth % 2 === 1 && nth < 5 ? hangs(options, nth) : Promise.resolve('yes'),
    );
    const abort = new AbortController();
    await client.call(read, {});
    await client.call(read, {});
    expect(await client.call(read, {}, { signal: abort.signal })).toBe('yes');
    expect(client.status()[0]).toMatchObject({ hedges: 2, hedgeWins: 2, budgetLeft: 0 });
  });

  it('fails with the first error when both fail, and ends with its caller', async () => {
    const failing = world(hedge, async (_, nth) => {
      await new Promise((resolve) => setTimeout(resolve, 20));
      throw nth === 1 ? new Conflict('the first') : new ResourceExhausted('the second');
    });
    expect(await codeOf(failing.client.call(read, {}))).toBe('CONFLICT');
    const hanging = world(hedge, hangs);
    const abort = new AbortController();
    const call = codeOf(hanging.client.call(read, {}, { signal: abort.signal }));
    await expect.poll(() => hanging.other.asked.length, { timeout: 10_000 }).toBe(2);
    abort.abort();
    expect(await call).toBe('CANCELLED');
  });
});

describe('the bulkhead', () => {
  it('runs, lets wait in order, and refuses the rest at once', async () => {
    const open: (() => void)[] = [];
    const { other, client } = world({ bulkhead: { inFlight: 2, queue: 1 } }, (_, nth) => {
      return new Promise((resolve) => open.push(() => resolve(nth)));
    });
    const calls = [1, 2, 3].map(() => client.call(write, {}));
    expect(await codeOf(client.call(write, {}))).toBe('RESOURCE_EXHAUSTED');
    expect(other.asked).toHaveLength(2);
    expect(client.status()[0]).toMatchObject({ inFlight: 2, queued: 1, refusedByBulkhead: 1 });
    open[0]?.();
    await calls[0];
    await expect.poll(() => other.asked.length, { timeout: 10_000 }).toBe(3);
    open[1]?.();
    open[2]?.();
    expect(await Promise.all(calls)).toEqual([1, 2, 3]);
    expect(client.status()[0]).toMatchObject({ inFlight: 0, queued: 0 });
  });

  it('forgets who waits no longer', async () => {
    const { other, client } = world({ bulkhead: { inFlight: 1, queue: 5 } }, () => new Promise(() => undefined));
    void client.call(write, {});
    const abort = new AbortController();
    const aborted = codeOf(client.call(write, {}, { signal: abort.signal }));
    expect(await codeOf(client.call(write, {}, { timeoutMs: 5 }))).toBe('DEADLINE_PASSED');
    abort.abort();
    expect(await aborted).toBe('CANCELLED');
    expect(other.asked).toHaveLength(1);
    expect(client.status()[0]).toMatchObject({ inFlight: 1, queued: 0 });
  });
});

describe('a fallback', () => {
  const fallback = { fallback: { hits: [] } };

  it('answers in place of a failure, of an open breaker too', async () => {
    const { other, client } = world(fallback, down);
    for (let call = 0; call < 5; call++) expect(await client.call(read, {})).toEqual({ hits: [] });
    expect(other.asked).toHaveLength(3);
    expect(client.status()[0]).toMatchObject({ fallbacks: 5, failures: 3 });
  });

  it('hides no refusal', async () => {
    const { client } = world(fallback, () => Promise.reject(new Conflict('no')));
    expect(await codeOf(client.call(read, {}))).toBe('CONFLICT');
  });
});

describe('all policies together', () => {
  const outcomes = ['answer', 'down', 'nobody', 'refusal', 'defect', 'late'] as const;
  const failing: Record<(typeof outcomes)[number], () => Error | undefined> = {
    answer: () => undefined,
    down: () => new Unavailable('down'),
    nobody: () => new NoResponders('nobody'),
    refusal: () => new Conflict('no'),
    defect: () => remote('INTERNAL', false),
    late: () => new DeadlinePassed('late'),
  };
  const call = fc.record({
    idempotent: fc.boolean(),
    /** When its caller takes it back, counted in calls that came after it. */
    abortAfter: fc.option(fc.nat(3), { nil: undefined }),
    waitMs: fc.nat(400),
  });

  it('end every call once, give back every place, and keep to the budget, whatever happens', async () => {
    const history = fc.tuple(fc.array(call, { maxLength: 40 }), fc.array(fc.constantFrom(...outcomes), { minLength: 1 }));
    await fc.assert(
      fc.asyncProperty(history, async ([calls, script]) => {
        const made = world(
          {
            bulkhead: { inFlight: 3, queue: 2 },
            breaker: { failures: 3, openMs: 200 },
            hedge: { enabled: true, minMs: 0, maxMs: 0 },
            retry: { attempts: 4, initialMs: 0, maxMs: 0 },
            budget: { share: 0.2, burst: 3 },
            timeoutMs: 1_000,
          },
          async ({ signal }, nth) => {
            await new Promise((resolve) => setImmediate(resolve));
            if (signal?.aborted === true) throw new Cancelled('taken back');
            const error = failing[script[nth % script.length] ?? 'answer']();
            if (error !== undefined) throw error;
            return 'yes';
          },
        );
        const ends: Promise<unknown>[] = [];
        const aborts: { at: number; controller: AbortController }[] = [];
        for (const [index, { idempotent, abortAfter, waitMs }] of calls.entries()) {
          made.clock.now += waitMs;
          const controller = new AbortController();
          if (abortAfter !== undefined) aborts.push({ at: index + abortAfter, controller });
          ends.push(codeOf(made.client.call(idempotent ? read : write, {}, { signal: controller.signal })));
          for (const due of aborts.filter(({ at }) => at === index)) due.controller.abort();
          if (waitMs % 3 === 0) await new Promise((resolve) => setImmediate(resolve));
        }
        expect(await Promise.all(ends)).toHaveLength(calls.length);
        const status = made.client.status();
        expect(status.reduce((sum, target) => sum + target.calls, 0)).toBe(calls.length);
        for (const target of status) {
          expect([target.inFlight, target.queued]).toEqual([0, 0]);
          expect(target.retries + target.hedges).toBeLessThanOrEqual(3 + 0.2 * target.calls);
          expect(target.failures + target.refusedByBreaker + target.refusedByBulkhead).toBeLessThanOrEqual(target.calls);
        }
        const sentOnce = status.reduce((sum, { calls: came, refusedByBreaker, refusedByBulkhead, retries, hedges }) => {
          return sum + came - refusedByBreaker - refusedByBulkhead + retries + hedges;
        }, 0);
        // Those that were taken back while they waited for their turn were never sent.
        expect(made.other.asked.length).toBeLessThanOrEqual(sentOnce);
      }),
      { numRuns: 100 },
    );
  });
});
