import { ServiceName, Slot, rpcMethod, Unavailable } from '@aet/contracts';
import type { CallPolicyChanges, DeclaredPolicies } from '@aet/resilience';
import { Controller, Logger } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectNats, type NatsLink, NatsRpcClient, NatsRpcServer, PolicyRpcClient, Rpc, RpcErrorFilter } from '../src/index.js';
import { LeakCheck, NatsTestServer, rpcClientContract } from '../src/testing/index.js';
import { Echo, startEcho } from './echo-service.js';

// Things fail on purpose here.
Logger.overrideLogger(false);

class Nothing {}
const ask = rpcMethod<{ by: string }>()(ServiceName.Gateway, 'ask', Nothing, 'What a test makes of it.', { idempotent: true });
const count = rpcMethod<number>()(ServiceName.Gateway, 'count', Nothing, 'Counts to three.');

type Answer = () => Promise<void>;

@Controller()
class Responder {
  instance = '';
  asked = 0;
  answer: Answer = () => Promise.resolve();

  @Rpc(ask)
  async ask(): Promise<{ by: string }> {
    this.asked += 1;
    await this.answer();
    return { by: this.instance };
  }

  @Rpc(count)
  async *count(): AsyncGenerator<number> {
    for (const item of [1, 2, 3]) {
      await this.answer();
      yield item;
    }
  }
}

let nats: NatsTestServer;
let callerLink: NatsLink;
const linkTo = (user: string): Promise<NatsLink> => connectNats({ servers: [nats.url], user, name: user });

const leaks = new LeakCheck();
beforeAll(() => leaks.begin());
afterAll(() => leaks.end());

beforeAll(async () => {
  nats = await NatsTestServer.start({ jetstream: false });
  callerLink = await linkTo('operator');
});
afterAll(async () => {
  await callerLink.close();
  await nats[Symbol.asyncDispose]();
});

interface Instance extends AsyncDisposable {
  responder: Responder;
  server: NatsRpcServer;
}
/** One instance that answers `ask`, on a connection of its own. */
async function instance(answer: Answer, name = 'gateway-aaaaaaaa'): Promise<Instance> {
  const link = await linkTo('gateway');
  const module = await Test.createTestingModule({ controllers: [Responder] }).compile();
  const who = {
    service: ServiceName.Gateway,
    instance: name,
    version: '1.0.0',
    slot: Slot.Blue,
    cell: 'here',
    namespace: 'default',
  };
  const server = new NatsRpcServer(link, who);
  const app = module.createNestMicroservice({ strategy: server, logger: false });
  app.useGlobalFilters(new RpcErrorFilter());
  await app.listen();
  const responder = app.get(Responder);
  Object.assign(responder, { instance: name, answer });
  const close = async (): Promise<void> => {
    await app.close();
    await link.close();
  };
  return { responder, server, [Symbol.asyncDispose]: close };
}

const base: DeclaredPolicies['default'] = {
  bulkhead: { inFlight: 0, queue: 0 },
  breaker: { failures: 0, openMs: 50 },
  hedge: { enabled: false, quantile: 0.95, minMs: 1, maxMs: 20 },
  retry: { attempts: 1, initialMs: 1, maxMs: 5 },
  budget: { share: 0, burst: 0, perSecond: 0 },
  timeoutMs: 0,
};
const callerWith = (changes: CallPolicyChanges, link = callerLink): PolicyRpcClient =>
  new PolicyRpcClient(new NatsRpcClient(link, { namespace: 'default', defaultTimeoutMs: 30_000 }), {
    policies: { default: base, targets: { gateway: changes } },
    timeoutMs: 30_000,
  });
const codeOf = (call: Promise<{ by: string }>): Promise<string> =>
  call.then(
    () => 'answered',
    (error: { code?: string }) => error.code ?? `no code: ${JSON.stringify(error)}`,
  );
const times = <T>(count: number, make: () => T): T[] => Array.from({ length: count }, make);
const statusOf = (client: PolicyRpcClient) => client.status()[0];
const fails: Answer = () => Promise.reject(new Unavailable('the database is away'));
/** Answered by nobody until the test ends it. */
const gate = (): { closed: Answer; open: () => void } => {
  const opened = Promise.withResolvers<void>();
  return { closed: () => opened.promise, open: () => opened.resolve() };
};

describe('the contract of a client', () => {
  it.each(rpcClientContract)('is kept behind policies too: $name', async ({ obeysContract }) => {
    const [own, echo] = await Promise.all([linkTo('operator'), linkTo('km')]);
    await startEcho(echo);
    const methods = { echo: Echo.say, conflict: Echo.conflict, wait: Echo.wait, absent: { ...Echo.nothing, method: 'absent' } };
    const client = callerWith({}, own);
    await obeysContract({ client, methods, close: () => own.close() });
    await Promise.all([own.close(), echo.close()]);
  });
});

describe('a breaker', () => {
  it('opens when the responder fails, spares it, and closes when it is well again', async () => {
    await using other = await instance(fails);
    const client = callerWith({ breaker: { failures: 3, openMs: 60_000 } });
    for (const code of await inTurn(3, () => codeOf(client.call(ask, {})))) expect(code).toBe('UNAVAILABLE');
    await inTurn(20, () => codeOf(client.call(ask, {})));
    expect(other.responder.asked).toBe(3);
    expect(statusOf(client)).toMatchObject({ breaker: 'open', refusedByBreaker: 20, opened: 1 });

    const patient = callerWith({ breaker: { failures: 3, openMs: 50 } });
    await inTurn(3, () => codeOf(patient.call(ask, {})));
    expect(patient.openBreakers()).toEqual(['gateway.ask']);
    other.responder.answer = () => Promise.resolve();
    await expect.poll(() => codeOf(patient.call(ask, {}))).toBe('answered');
    expect(patient.openBreakers()).toEqual([]);
  });

  it('opens when nobody is there', async () => {
    const client = callerWith({ breaker: { failures: 3, openMs: 60_000 } });
    expect(await inTurn(5, () => codeOf(client.call(ask, {})))).toEqual([
      ...times(3, () => 'NO_RESPONDERS'),
      ...times(2, () => 'UNAVAILABLE'),
    ]);
  });
});

describe('retries', () => {
  it('reach another instance when one fails', async () => {
    await using broken = await instance(fails, 'gateway-broken');
    await using well = await instance(() => Promise.resolve(), 'gateway-well');
    const client = callerWith({ retry: { attempts: 20 }, budget: { burst: 10_000 } });
    expect(await inTurn(40, () => codeOf(client.call(ask, {})))).toEqual(times(40, () => 'answered'));
    expect(well.responder.asked).toBe(40);
    expect(statusOf(client)?.retries).toBe(broken.responder.asked);
  });

  it('do not become a storm: a responder that is down gets little more than the calls', async () => {
    await using other = await instance(fails);
    const client = callerWith({ retry: { attempts: 10 }, budget: { share: 0.1, burst: 10 } });
    await Promise.all(times(500, () => codeOf(client.call(ask, {}))));
    expect(other.responder.asked).toBeGreaterThanOrEqual(500);
    expect(other.responder.asked).toBeLessThanOrEqual(500 + 10 + 50);
    expect(statusOf(client)).toMatchObject({ calls: 500, failures: 500 });
  });
});

describe('a hedged call', () => {
  it('is answered by the quick instance while the other one hangs', async () => {
    const { closed, open } = gate();
    await using slow = await instance(closed, 'gateway-slow');
    await using quick = await instance(() => Promise.resolve(), 'gateway-quick');
    // The second request may meet the slow one as well: a try then ends by its own time, and another follows.
    const client = callerWith({
      hedge: { enabled: true },
      timeoutMs: 1_000,
      retry: { attempts: 20 },
      budget: { burst: 10_000 },
    });
    const replies = await Promise.all(times(40, () => client.call(ask, {})));
    expect(new Set(replies.map(({ by }) => by))).toEqual(new Set(['gateway-quick']));
    expect(slow.responder.asked).toBeGreaterThan(0);
    expect(quick.responder.asked).toBeGreaterThanOrEqual(40);
    expect(statusOf(client)?.hedges).toBeGreaterThan(0);
    expect(statusOf(client)?.hedgeWins).toBeGreaterThan(0);
    // The other side learns that nobody waits any more, and drops its request.
    open();
    await expect.poll(() => slow.server.active).toBe(0);
  });
});

describe('a stream', () => {
  const items = async (client: PolicyRpcClient): Promise<unknown[]> => {
    const seen: unknown[] = [];
    try {
      for await (const item of client.stream(count, {})) seen.push(item);
    } catch (error) {
      seen.push((error as { code: string }).code);
    }
    return seen;
  };

  it('comes through its policies, and is refused while its breaker is open', async () => {
    await using other = await instance(() => Promise.resolve());
    const client = callerWith({ breaker: { failures: 2, openMs: 60_000 } });
    expect(await items(client)).toEqual([1, 2, 3]);
    other.responder.answer = fails;
    expect(await inTurn(2, () => items(client))).toEqual(times(2, () => ['UNAVAILABLE']));
    other.responder.answer = () => Promise.resolve();
    expect(await items(client)).toEqual(['UNAVAILABLE']);
    expect(statusOf(client)).toMatchObject({ target: 'gateway.count', breaker: 'open', refusedByBreaker: 1 });
  });
});

describe('a bulkhead', () => {
  it('lets so many through, refuses the rest at once, and lets those that wait follow', async () => {
    const { closed, open } = gate();
    await using other = await instance(closed);
    const client = callerWith({ bulkhead: { inFlight: 4, queue: 2 } });
    const calls = times(10, () => codeOf(client.call(ask, {})));
    expect(await Promise.all(calls.slice(6))).toEqual(times(4, () => 'RESOURCE_EXHAUSTED'));
    await expect.poll(() => other.responder.asked).toBe(4);
    expect(statusOf(client)).toMatchObject({ inFlight: 4, queued: 2, refusedByBulkhead: 4 });
    open();
    expect(await Promise.all(calls.slice(0, 6))).toEqual(times(6, () => 'answered'));
    expect(other.responder.asked).toBe(6);
  });
});

describe('a fallback', () => {
  it('answers while nobody else does', async () => {
    const client = callerWith({ fallback: { by: 'nobody' } });
    expect(await client.call(ask, {})).toEqual({ by: 'nobody' });
    await using other = await instance(() => Promise.resolve());
    await expect.poll(() => client.call(ask, {})).toEqual({ by: other.responder.instance });
  });
});

describe('an overloaded responder', () => {
  /** One resource for all requests: each holds it for a while, in the order in which they came. */
  function oneAtATime(ms: number): Answer {
    let last: Promise<unknown> = Promise.resolve();
    return () => {
      const mine = last.then(() => new Promise<void>((resolve) => setTimeout(resolve, ms)));
      last = mine;
      return mine;
    };
  }

  it('refuses at once what it could only answer late, and answers the rest', async () => {
    await using other = await instance(oneAtATime(10));
    const client = callerWith({});
    // It learns from a first crowd what each request in the queue costs.
    await Promise.all(times(60, () => client.call(ask, {})));
    expect(other.server.load[0]).toMatchObject({ method: 'gateway.ask', inHand: 0, shed: 0 });
    const codes = await Promise.all(times(600, () => codeOf(client.call(ask, {}, { timeoutMs: 2_000 }))));
    const ended = (code: string): number => codes.filter((found) => found === code).length;
    const shed = other.server.load[0]?.shed ?? 0;
    console.info(`shed ${shed}, answered ${ended('answered')}, late ${ended('DEADLINE_PASSED')}`);
    // 600 requests of 10 ms need 6 s, and each has 2 s: some 200 fit.
    expect(ended('answered')).toBeGreaterThan(0);
    expect(ended('DEADLINE_PASSED')).toBeLessThan(shed);
    expect(ended('RESOURCE_EXHAUSTED')).toBeGreaterThan(100);
    expect(shed).toBeGreaterThanOrEqual(ended('RESOURCE_EXHAUSTED'));
    expect(other.responder.asked).toBeLessThanOrEqual(60 + 600 - shed);
  });
});

async function inTurn<T>(count: number, make: () => Promise<T>): Promise<T[]> {
  const done: T[] = [];
  for (let n = 0; n < count; n++) done.push(await make());
  return done;
}
