import { setTimeout as sleep } from 'node:timers/promises';
import { type Line, line } from '../support/line.ts';
import { messagingPeers } from '../support/peers.ts';
import { AetQueue } from './queue/aet.ts';
import { BullQueueContender } from './queue/bullmq.ts';
import type { QueueContender } from './queue/contender.ts';
import { workedByHosts } from './queue/hosts.ts';
import { findRedis } from './queue/redis-server.ts';

const SEED = 20_261_121;
const ROUNDS = 3;
/** Tasks of a round. */
const COUNT = 10_000;
const WARM = 3_000;
const SLOTS = 64;
const IN_FLIGHT = 512;
const IDLE_TASKS = 300;
const BACKLOG = 7_500;
const TASK_MS = 10;
const FEW_SLOTS = 8;
const CRITICAL_TASKS = 150;
const TIMES = 1.2;
/** A measurement ends after this, on a machine that is too busy for all its tasks. Milliseconds. */
const LIMIT_MS = 2_500;

/** Redis is what BullMQ needs; without it ours is measured alone. */
type Start = (prioritized?: boolean) => Promise<QueueContender>;

/** The work queue alone: adding, processing with results kept, the way of a task to an idle host, urgent tasks over a backlog. */
export async function* queueBench(): AsyncGenerator<Line> {
  const peer = await findPeer();
  const ours: Start = () => AetQueue.start();
  yield* throughput(ours, peer);
  yield* idle(ours, peer);
  yield* urgent(ours, peer);
  yield* backlogs(ours);
  yield* hosts();
}

async function findPeer(): Promise<Start | undefined> {
  const redis = await findRedis();
  if (redis === undefined) {
    console.error('redis-server can neither be found nor fetched: BullMQ is left out');
    return undefined;
  }
  const { bullmq = 'unknown' } = messagingPeers.install();
  return (prioritized) => BullQueueContender.start(redis, bullmq, prioritized);
}

interface Rates {
  name: string;
  add: number;
  process: number;
}

/** In turn, so that a busy moment of the machine hits both. */
async function* throughput(ours: Start, peer: Start | undefined): AsyncGenerator<Line> {
  const rounds: { ours: Rates; theirs: Rates | undefined }[] = [];
  for (let round = 0; round < ROUNDS; round++) rounds.push({ ours: await rates(ours), theirs: peer && (await rates(peer)) });
  for (const what of ['add', 'process'] as const) {
    const theirs = rounds.flatMap((round) => round.theirs ?? []);
    const first = theirs[0];
    yield line({
      bench: what === 'add' ? `queue: add, ${IN_FLIGHT} in flight` : `queue: process and keep the result, ${SLOTS} at once`,
      value: median(rounds.map((round) => round.ours[what])),
      unit: 'tasks/s',
      ...(first && { peer: { name: first.name, value: median(theirs.map((rate) => rate[what])) } }),
      ...(first && { goal: { text: `≥ ${TIMES}×`, reached: (_: number, ratio: number) => ratio >= TIMES } }),
    });
  }
}

/** The better of a contender's ways to add counts. */
async function rates(start: Start): Promise<Rates> {
  await using queue = await start();
  await queue.add(WARM, IN_FLIGHT);
  await processed(queue, WARM, Infinity);
  const one = await rateOf(COUNT, () => queue.add(COUNT, IN_FLIGHT));
  const bulk = queue.addBulk === undefined ? 0 : await rateOf(COUNT, async () => queue.addBulk?.(COUNT));
  const count = bulk === 0 ? COUNT : 2 * COUNT;
  return { name: queue.name, add: Math.max(one, bulk), process: await processed(queue, count) };
}

/** Tasks by second, of so many or of as many as end in time. */
async function processed(queue: QueueContender, count: number, limitMs = LIMIT_MS): Promise<number> {
  let done = 0;
  const all = Promise.withResolvers<void>();
  const began = performance.now();
  const working = await queue.start(SLOTS, () => {
    if (++done === count) all.resolve();
  });
  const limit = limitMs === Infinity ? undefined : setTimeout(() => all.resolve(), limitMs);
  await all.promise;
  clearTimeout(limit);
  const rate = (done / (performance.now() - began)) * 1_000;
  await working.stop();
  return rate;
}

async function rateOf(count: number, act: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await act();
  return (count / (performance.now() - began)) * 1_000;
}

async function* idle(ours: Start, peer: Start | undefined): AsyncGenerator<Line> {
  const [mine, theirs] = [await idlePickUps(ours), peer && (await idlePickUps(peer))];
  for (const [percentile, share] of [
    ['p50', 0.5],
    ['p99', 0.99],
  ] as const) {
    yield line({
      bench: `queue: from the call of add to the start, idle host, ${percentile}`,
      value: quantile(mine.times, share),
      unit: 'ms',
      ...(theirs && { peer: { name: theirs.name, value: quantile(theirs.times, share) } }),
      ...(percentile === 'p99' && { goal: { text: '≤ 5 ms', reached: (value: number) => value <= 5 } }),
    });
  }
}

interface PickUps {
  name: string;
  /** Milliseconds. */
  times: number[];
}

async function idlePickUps(start: Start): Promise<PickUps> {
  await using queue = await start();
  const pickUps = await measured(queue, { slots: FEW_SLOTS, taskMs: 0, urgent: false, count: IDLE_TASKS, apartMs: [2, 10] });
  return { name: queue.name, times: pickUps.slice(20) };
}

async function* urgent(ours: Start, peer: Start | undefined): AsyncGenerator<Line> {
  const over = async (start: Start): Promise<PickUps> => {
    await using queue = await start(true);
    await queue.add(BACKLOG, IN_FLIGHT);
    const plan = { slots: FEW_SLOTS, taskMs: TASK_MS, urgent: true, count: CRITICAL_TASKS, apartMs: [15, 45] as const };
    return { name: queue.name, times: await measured(queue, plan) };
  };
  const [mine, theirs] = [await over(ours), peer && (await over(peer))];
  const limit = TASK_MS + 10;
  for (const [percentile, share] of [
    ['p50', 0.5],
    ['p99', 0.99],
  ] as const) {
    yield line({
      bench: `queue: start of a critical task over ${BACKLOG} tasks of ${TASK_MS} ms, ${FEW_SLOTS} slots, ${percentile}`,
      value: quantile(mine.times, share),
      unit: 'ms',
      ...(theirs && { peer: { name: theirs.name, value: quantile(theirs.times, share) } }),
      ...(percentile === 'p99' && { goal: { text: `≤ ${limit} ms`, reached: (value: number) => value <= limit } }),
    });
  }
}

interface PickUpPlan {
  slots: number;
  taskMs: number;
  urgent: boolean;
  count: number;
  /** Least and most time between two tasks. Milliseconds. */
  apartMs: readonly [number, number];
}

/** Times from the call to the start of the task, of tasks that come at random. Milliseconds. */
async function measured(queue: QueueContender, { slots, taskMs, urgent, count, apartMs }: PickUpPlan): Promise<number[]> {
  const random = seeded(SEED);
  const called: number[] = [];
  const times: number[] = [];
  const all = Promise.withResolvers<void>();
  const working = await queue.start(slots, async (number) => {
    if (number >= 0 && times.push(performance.now() - (called[number] ?? 0)) === count) all.resolve();
    if (taskMs > 0) await sleep(taskMs);
  });
  await sleep(200);
  const added: Promise<void>[] = [];
  for (let number = 0; number < count; number++) {
    await sleep(apartMs[0] + random() * (apartMs[1] - apartMs[0]));
    called.push(performance.now());
    added.push(queue.addOne(urgent));
  }
  await Promise.all([...added, all.promise]);
  await working.stop();
  return times;
}

async function* backlogs(ours: Start): AsyncGenerator<Line> {
  for (const backlog of [100, 1_000, 20_000]) {
    await using queue = await ours();
    await queue.add(WARM, IN_FLIGHT);
    await processed(queue, WARM, Infinity);
    await queue.add(backlog, IN_FLIGHT);
    const value = await processed(queue, backlog);
    yield line({ bench: `queue: process a backlog of ${backlog}, ${SLOTS} at once`, value, unit: 'tasks/s' });
  }
}

async function* hosts(): AsyncGenerator<Line> {
  const [slots, taskMs, count] = [16, 5, 4_000];
  for (const number of [1, 2, 4]) {
    await using queue = await AetQueue.start();
    await queue.add(count, IN_FLIGHT);
    const plan = { hosts: number, slots, taskMs, count, limitMs: LIMIT_MS };
    const { rate, least, most } = await workedByHosts(queue.nats.url, plan);
    yield line({
      bench: `queue: ${number} host${number === 1 ? '' : 's'} of ${slots} slots, tasks of ${taskMs} ms`,
      value: rate,
      unit: 'tasks/s',
    });
    if (number > 1) yield line({ bench: `queue: ${number} hosts, busiest to idlest`, value: most / least, unit: 'tasks:tasks' });
  }
}

const median = (values: readonly number[]): number => quantile(values, 0.5);

function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(Math.floor(sorted.length * share), sorted.length - 1)] ?? Number.NaN;
}

/** Mulberry32: small, and good enough to spread arrivals. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
