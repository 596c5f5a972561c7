import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { type DeadLetter, Priority, type TaskMessage, type TaskResult, attemptId } from '@aet/contracts';
import type { Delivery, Outcome, WorkConsumer, WorkConsumers } from '../../work-consumer.js';
import type { WorkQueue } from '../../work-queue.js';
import { eventually } from '../eventually.js';
import type { ContractCase } from './contract-case.js';

/** One process of a cell, with a connection of its own. */
export interface WorkHost {
  queue: WorkQueue;
  consumers: WorkConsumers;
  /** As by SIGKILL: nothing is acknowledged, nothing is given back. */
  vanish(): Promise<void>;
}

/**
 * A fresh cell `c1` with the capabilities `alpha` and `beta`, `workingMs` 500, and the `ackWaitMs` of the case: 2,000, or longer than any test
 * waits where a case must see that nothing is left to time.
 */
export interface WorkWorld {
  host(): Promise<WorkHost>;
  /** Puts bytes where a task of `alpha` or a result would be, past all types. */
  injectTask(bytes: string): Promise<void>;
  injectResult(bytes: string): Promise<void>;
  deadLetters(): Promise<DeadLetter[]>;
  /** Tasks that the queue holds, in hand or not. */
  tasksHeld(): Promise<number>;
  /** kill -9 of the server, and its restart on the same store. */
  restartServer(): Promise<void>;
  /**
   * Whether the queue surely gets rid of what was acknowledged around a kill. nats-server 2.9 was seen to keep a few such messages for ever,
   * which it offers to nobody: room lost, no work lost.
   */
  readonly emptiesAfterKill: boolean;
}

export interface WorkCase extends ContractCase<WorkWorld> {
  ackWaitMs?: number;
}

/** Longer than any test waits. Milliseconds. */
const FOR_EVER = 120_000;

type Handler = (delivery: Delivery<TaskMessage>) => Promise<Outcome>;
const done: Outcome = { kind: 'done' };

export const taskFor = (step: string, more: Partial<TaskMessage> = {}): TaskMessage => ({
  v: 1,
  runId: randomUUID(),
  step,
  attempt: 1,
  cell: 'c1',
  epoch: 1,
  capability: 'alpha',
  priority: Priority.Normal,
  input: { step },
  timeoutMs: 1_000,
  correlationId: 'contract',
  workflow: 'contract',
  scheduledAt: new Date().toISOString(),
  ...more,
});

export const resultFor = (step: string): TaskResult => ({
  v: 1,
  runId: randomUUID(),
  step,
  attempt: 1,
  epoch: 1,
  by: { cell: 'c1', host: 'h', instance: 'agent-1', agent: 'a' },
  startedAt: new Date().toISOString(),
  durationMs: 1,
  status: 'completed',
  output: step,
});

const publish = (host: WorkHost, task: TaskMessage) => host.queue.publish(task, attemptId(task));
const take = (host: WorkHost, handler: Handler, slots = 1): Promise<WorkConsumer> =>
  host.consumers.tasks({ cell: 'c1', capabilities: ['alpha', 'beta'], slots, handler });
const emptied = (world: WorkWorld, withinMs = 20_000) =>
  // The world's own question gets lost when it is asked while the server restarts.
  eventually(async () => (await world.tasksHeld().catch(() => undefined)) === 0, 'the queue is empty', withinMs);
/** Resolves when the delivery's signal aborts. */
const until = (signal: AbortSignal) =>
  new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));

async function untilStored<T>(publishOnce: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await publishOnce();
    } catch (error) {
      if (attempt === 5) throw error;
    }
  }
}

/** What any `WorkQueue` with its `WorkConsumers` promises. */
export const workQueueContract: readonly WorkCase[] = [
  {
    name: 'stores the same message id once, and says so',
    async obeysContract(world) {
      const host = await world.host();
      const task = taskFor('twice');
      const [first, second] = [await publish(host, task), await publish(host, task)];
      assert.equal(first.duplicate, false);
      assert.deepEqual(second, { sequence: first.sequence, duplicate: true });
      assert.equal(await world.tasksHeld(), 1);
      assert.equal(await host.queue.holds(first.sequence), true);
      assert.equal(await host.queue.holds(first.sequence + 1), false);
    },
  },
  {
    name: 'hands a task over whole, and forgets it when it is done',
    async obeysContract(world) {
      const host = await world.host();
      const seen: Delivery<TaskMessage>[] = [];
      await take(host, async (delivery) => (seen.push(delivery), done));
      const task = taskFor('whole', { input: { text: 'ümlaut', list: [1, 2] } });
      const { sequence } = await publish(host, task);
      await emptied(world);
      assert.deepEqual(
        seen.map(({ message, deliveries }) => ({ message, deliveries })),
        [{ message: task, deliveries: 1 }],
      );
      assert.equal(await host.queue.holds(sequence), false);
    },
  },
  {
    name: 'takes at most its slots, and one critical more, before any backlog',
    async obeysContract(world) {
      const host = await world.host();
      const running: string[] = [];
      const ends: (() => void)[] = [];
      const consumer = await take(host, async ({ message }) => {
        running.push(message.step);
        await new Promise<void>((resolve) => ends.push(resolve));
        return done;
      });
      for (const step of ['n1', 'n2', 'n3']) await publish(host, taskFor(step));
      await eventually(() => running.length === 1, 'one normal task runs');
      await publish(host, taskFor('c1', { priority: Priority.Critical }));
      await eventually(() => running.length === 2, 'the critical task runs in the kept slot');
      await publish(host, taskFor('c2', { priority: Priority.Critical, capability: 'beta' }));
      assert.equal(consumer.busy, 2);
      ends.shift()?.();
      await eventually(() => running.length === 3, 'the next one runs');
      assert.deepEqual(running, ['n1', 'c1', 'c2']);
      const ending = setInterval(() => ends.splice(0).forEach((end) => end()), 5);
      await emptied(world);
      clearInterval(ending);
      assert.deepEqual(running, ['n1', 'c1', 'c2', 'n2', 'n3']);
    },
  },
  {
    name: 'leaves to other hosts what its slots cannot begin, however many came at once',
    ackWaitMs: FOR_EVER,
    async obeysContract(world) {
      const [first, second] = [await world.host(), await world.host()];
      const running = { first: 0, second: 0 };
      const end = Promise.withResolvers<void>();
      const long =
        (who: keyof typeof running): Handler =>
        async () => {
          running[who]++;
          await end.promise;
          return done;
        };
      await Promise.all(Array.from({ length: 12 }, (_, index) => publish(first, taskFor(`long-${index}`))));
      await take(first, long('first'), 5);
      await eventually(() => running.first === 5, 'the slots of the first host are full');
      await take(second, long('second'), 50);
      await eventually(() => running.second === 7, 'the other host has all others');
      assert.deepEqual(running, { first: 5, second: 7 });
      end.resolve();
      await emptied(world);
    },
  },
  {
    name: 'does not let a task wait behind a long one while another host is idle, though the ones before were short',
    ackWaitMs: FOR_EVER,
    async obeysContract(world) {
      const [first, second] = [await world.host(), await world.host()];
      const end = Promise.withResolvers<void>();
      const running = { first: 0, second: 0 };
      const handler =
        (who: keyof typeof running): Handler =>
        async ({ message }) => {
          if (!message.step.startsWith('long')) return done;
          running[who]++;
          await end.promise;
          running[who]--;
          return done;
        };
      await take(first, handler('first'), 2);
      await Promise.all(Array.from({ length: 300 }, (_, index) => publish(first, taskFor(`short-${index}`))));
      await emptied(world);
      await Promise.all(Array.from({ length: 20 }, (_, index) => publish(first, taskFor(`long-${index}`))));
      await eventually(() => running.first === 2, 'the first host is full');
      await take(second, handler('second'), 50);
      await eventually(() => running.second === 18, 'the other host has all others');
      end.resolve();
      await emptied(world);
    },
  },
  {
    name: 'gives back what waits for a slot when it drains',
    ackWaitMs: FOR_EVER,
    async obeysContract(world) {
      const [first, second] = [await world.host(), await world.host()];
      let quick = 0;
      const consumer = await take(first, async () => (quick++, done), 1);
      const steps = Array.from({ length: 3_000 }, (_, index) => `t${index}`);
      const publishing = Promise.all(steps.map((step) => publish(second, taskFor(step))));
      await eventually(() => quick > 200, 'the pace is known');
      await consumer.drain(5_000);
      await publishing;
      const drainedAt = quick;
      let rest = 0;
      await take(second, async () => (rest++, done), 16);
      await emptied(world);
      assert.equal(quick, drainedAt);
      assert.equal(quick + rest, steps.length);
    },
  },
  {
    name: 'offers a task again when the handler throws, with the count',
    async obeysContract(world) {
      const host = await world.host();
      const counts: number[] = [];
      await take(host, async ({ deliveries }) => {
        counts.push(deliveries);
        if (deliveries === 1) throw new Error('the first time fails on purpose');
        return done;
      });
      await publish(host, taskFor('throws'));
      await emptied(world);
      assert.deepEqual(counts, [1, 2]);
    },
  },
  {
    name: 'offers a task again after the delay that the handler asked for, not before',
    async obeysContract(world) {
      const host = await world.host();
      const times: number[] = [];
      await take(host, async ({ deliveries }) => {
        times.push(performance.now());
        return deliveries === 1 ? { kind: 'retry', afterMs: 600, reason: 'not yet' } : done;
      });
      await publish(host, taskFor('later'));
      await emptied(world);
      const [first = 0, second = 0] = times;
      assert.ok(second - first >= 590, `came after ${second - first} ms`);
    },
  },
  {
    name: 'keeps a long task with its host, past the patience of the server',
    async obeysContract(world) {
      const host = await world.host();
      let begun = 0;
      const patience = 2_000;
      await take(host, async () => {
        begun++;
        await new Promise((resolve) => setTimeout(resolve, patience * 2));
        return done;
      });
      await publish(host, taskFor('long'));
      await emptied(world);
      assert.equal(begun, 1);
    },
  },
  {
    name: 'gives the task of a host that died to another',
    async obeysContract(world) {
      const [dying, other] = [await world.host(), await world.host()];
      let begun = false;
      await take(dying, async ({ signal }) => {
        begun = true;
        await until(signal);
        return done;
      });
      const task = taskFor('orphan');
      await publish(other, task);
      await eventually(() => begun, 'the first host began');
      const seen: number[] = [];
      await take(other, async ({ deliveries }) => (seen.push(deliveries), done));
      await dying.vanish();
      await emptied(world);
      assert.deepEqual(seen, [2]);
    },
  },
  {
    name: 'brings a poison message to the dead letters once, and never to the handler',
    async obeysContract(world) {
      const host = await world.host();
      let called = 0;
      await take(host, async () => (called++, done));
      await world.injectTask('{ this is not JSON');
      await world.injectTask(JSON.stringify({ ...taskFor('future'), v: 2 }));
      await world.injectTask(JSON.stringify({ v: 1, hello: 'there' }));
      await emptied(world);
      const letters = await world.deadLetters();
      assert.deepEqual(letters.map(({ reason }) => reason).toSorted(), ['poison', 'poison', 'unsupported-version']);
      const [broken] = letters.filter(({ original }) => 'base64' in original);
      assert.deepEqual(broken?.original, { base64: Buffer.from('{ this is not JSON').toString('base64') });
      assert.equal(called, 0);
    },
  },
  {
    name: 'brings what a handler rejects to the dead letters, with the reason',
    async obeysContract(world) {
      const host = await world.host();
      await take(host, async () => ({ kind: 'reject', reason: 'no-agent', message: 'nobody here can' }));
      const task = taskFor('refused');
      await publish(host, task);
      await emptied(world);
      const [letter, ...more] = await world.deadLetters();
      assert.deepEqual(more, []);
      assert.equal(letter?.reason, 'no-agent');
      assert.equal(letter.message, 'nobody here can');
      assert.equal(letter.deliveries, 1);
      assert.deepEqual(letter.original, { json: task });
    },
  },
  {
    name: 'drains: waits for what runs, and takes nothing more',
    async obeysContract(world) {
      const host = await world.host();
      const work = Promise.withResolvers<void>();
      let begun = 0;
      let ended = 0;
      const consumer = await take(host, async () => {
        begun++;
        await work.promise;
        ended++;
        return done;
      });
      for (const step of ['runs', 'waits']) await publish(host, taskFor(step));
      await eventually(() => begun === 1, 'the first one runs');
      const drained = consumer.drain(5_000);
      work.resolve();
      await drained;
      assert.deepEqual({ begun, ended, busy: consumer.busy }, { begun: 1, ended: 1, busy: 0 });
      assert.equal(await world.tasksHeld(), 1);
    },
  },
  {
    name: 'drains past its grace: aborts, and gives the task back at once',
    ackWaitMs: FOR_EVER,
    async obeysContract(world) {
      const host = await world.host();
      let aborted = false;
      let begun = false;
      const stubborn = await take(host, async ({ signal }) => {
        begun = true;
        await until(signal);
        aborted = true;
        return done;
      });
      await publish(host, taskFor('stubborn'));
      await eventually(() => begun, 'it runs');
      await stubborn.drain(100);
      assert.equal(aborted, true);
      const seen: number[] = [];
      await take(host, async ({ deliveries }) => (seen.push(deliveries), done));
      await emptied(world);
      assert.deepEqual(seen, [2]);
    },
  },
  {
    name: 'drains at once when idle',
    async obeysContract(world) {
      const host = await world.host();
      const consumers = [
        await take(host, async () => done),
        await host.consumers.results({ batch: 10, handler: async () => {} }),
      ];
      // A request for results stays open for 20 s.
      const began = performance.now();
      await Promise.all(consumers.map((consumer) => consumer.drain(60_000)));
      assert.ok(performance.now() - began < 15_000, `took ${performance.now() - began} ms`);
    },
  },
  {
    name: 'finds its work again after the server was killed',
    async obeysContract(world) {
      const host = await world.host();
      const seen = new Set<string>();
      const results = new Set<string>();
      await take(host, async ({ message }) => (seen.add(message.step), done), 4);
      await host.consumers.results({ batch: 10, handler: async (batch) => batch.forEach((result) => results.add(result.step)) });
      await publish(host, taskFor('before'));
      await eventually(() => seen.has('before'), 'work before the restart');
      await world.restartServer();
      await publish(host, taskFor('after'));
      await host.queue.publishResult(resultFor('after'), 'c1');
      await eventually(() => seen.has('after') && results.has('after'), 'work after the restart');
      await emptied(world);
    },
  },
  {
    name: 'loses nothing when the server is killed under load',
    async obeysContract(world) {
      const [first, second, orchestrator] = [await world.host(), await world.host(), await world.host()];
      const steps = Array.from({ length: 400 }, (_, index) => `s${index}`);
      const finished = new Set<string>();
      await orchestrator.consumers.results({
        batch: 64,
        handler: async (batch) => batch.forEach((result) => finished.add(result.step)),
      });
      for (const host of [first, second]) {
        const handler: Handler = async ({ message }) => {
          await host.queue.publishResult(resultFor(message.step), 'c1');
          return done;
        };
        await take(host, handler, 4);
      }
      // A publish that got no answer is repeated under its id, as the orchestrator's relay does.
      const publishing = Promise.all(steps.map((step) => untilStored(() => publish(orchestrator, taskFor(step)))));
      await world.restartServer();
      await eventually(() => finished.size > 50, 'work goes on');
      await world.restartServer();
      await publishing;
      await eventually(() => finished.size === steps.length, 'every task has its result', 30_000);
      // Acknowledgements that were lost with the server cost a second delivery each.
      if (world.emptiesAfterKill) await emptied(world, 30_000);
      await eventually(
        async () => (await orchestrator.queue.pendingResults().catch(() => -1)) === 0,
        'all results are acknowledged',
      );
    },
  },
  {
    name: 'hands results over in batches, whole, each once',
    async obeysContract(world) {
      const host = await world.host();
      const steps = Array.from({ length: 150 }, (_, index) => `r${index}`);
      for (const step of steps) await host.queue.publishResult(resultFor(step), 'c1');
      const sizes: number[] = [];
      const seen: string[] = [];
      await host.consumers.results({
        batch: 64,
        handler: async (batch) => {
          sizes.push(batch.length);
          seen.push(...batch.map((result) => result.step));
        },
      });
      await eventually(async () => (await host.queue.pendingResults()) === 0, 'all results are acknowledged');
      assert.deepEqual(seen, steps);
      assert.ok(Math.max(...sizes) <= 64 && sizes.length <= 10, `batches of ${sizes.join(', ')}`);
    },
  },
  {
    name: 'offers a batch of results again when the handler throws, and buries the poison in it',
    async obeysContract(world) {
      const host = await world.host();
      await world.injectResult('not JSON');
      for (const step of ['a', 'b']) await host.queue.publishResult(resultFor(step), 'c1');
      const seen: string[] = [];
      let throws = true;
      await host.consumers.results({
        batch: 10,
        handler: async (batch) => {
          if (throws) throws = false;
          else return void seen.push(...batch.map((result) => result.step));
          throw new Error('the first time fails on purpose');
        },
      });
      await eventually(async () => (await host.queue.pendingResults()) === 0, 'all results are settled');
      assert.deepEqual(seen.toSorted(), ['a', 'b']);
      assert.deepEqual(
        (await world.deadLetters()).map(({ reason }) => reason),
        ['poison'],
      );
    },
  },
];
