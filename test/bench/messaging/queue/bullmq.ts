import { messagingPeers } from '../../support/peers.ts';
import { type JobInput, type QueueContender, type Working, inFlight, jobInput } from './contender.ts';
import { RedisServer } from './redis-server.ts';

/** What is used of BullMQ 5. */
interface Bull {
  Queue: new (name: string, options: object) => BullQueue;
  Worker: new (name: string, handler: (job: { data: JobInput }) => Promise<unknown>, options: object) => BullWorker;
}
interface BullQueue {
  add(name: string, data: JobInput, options?: object): Promise<unknown>;
  addBulk(jobs: { name: string; data: JobInput; opts?: object }[]): Promise<unknown>;
  waitUntilReady(): Promise<unknown>;
  close(): Promise<void>;
}
interface BullWorker {
  waitUntilReady(): Promise<unknown>;
  close(force?: boolean): Promise<void>;
}

/** Lower is more urgent. Zero would be the fastest, and not comparable: it is a queue of its own. */
const URGENT = 1;
const USUAL = 10;
/** As BullMQ's own benchmarks. */
const BULK = 1_000;

/** BullMQ with the results kept, as it does by itself. */
export class BullQueueContender implements QueueContender {
  private readonly bull = messagingPeers.require('bullmq') as Bull;
  private readonly redis: RedisServer;
  private readonly version: string;
  private readonly prioritized: boolean;
  private readonly connection: object;
  private readonly queue: BullQueue;
  private numbered = 0;

  /** @param prioritized all tasks have a priority: BullMQ keeps them in another, slower structure then */
  private constructor(redis: RedisServer, version: string, prioritized: boolean) {
    this.redis = redis;
    this.version = version;
    this.prioritized = prioritized;
    this.connection = { host: '127.0.0.1', port: redis.port, maxRetriesPerRequest: null };
    this.queue = new this.bull.Queue('bench', { connection: this.connection });
  }

  static async start(binary: string, version: string, prioritized = false): Promise<BullQueueContender> {
    const contender = new BullQueueContender(await RedisServer.start(binary), version, prioritized);
    await contender.queue.waitUntilReady();
    return contender;
  }

  get name(): string {
    return `BullMQ ${this.version}, Redis ${this.redis.version}`;
  }

  add(count: number, atOnce: number): Promise<void> {
    return inFlight(count, atOnce, () => this.queue.add('job', jobInput(-1), this.options(false)));
  }
  async addBulk(count: number): Promise<void> {
    for (let left = count; left > 0; left -= BULK) {
      const jobs = Array.from({ length: Math.min(left, BULK) }, () => ({
        name: 'job',
        data: jobInput(-1),
        opts: this.options(false),
      }));
      await this.queue.addBulk(jobs);
    }
  }
  async addOne(urgent: boolean): Promise<void> {
    await this.queue.add('job', jobInput(this.numbered++), this.options(urgent));
  }

  async start(slots: number, work: (number: number) => Promise<void> | void): Promise<Working> {
    const handler = async ({ data }: { data: JobInput }): Promise<JobInput> => {
      await work(data.number);
      return data;
    };
    const worker = new this.bull.Worker('bench', handler, { connection: this.connection, concurrency: slots });
    await worker.waitUntilReady();
    return { stop: () => worker.close(true) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.queue.close();
    await this.redis[Symbol.asyncDispose]();
  }

  private options(urgent: boolean): object {
    return this.prioritized ? { priority: urgent ? URGENT : USUAL } : {};
  }
}
