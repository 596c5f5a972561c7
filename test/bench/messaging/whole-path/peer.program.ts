import { messagingPeers } from '../../support/peers.ts';
import type { Order } from '../../support/order.ts';
import type { Boss, Graphile } from './peer-types.ts';

/** A queue over PostgreSQL, with the settings that its own documentation gives for speed. */
interface Peer {
  add(id: number, text: string): Promise<unknown>;
  /** @param handled is called in the job */
  work(handled: (id: number) => void): Promise<void>;
}
/** Connections of each process, as ours have. */
const CONNECTIONS = 10;
/** Jobs at once, as many as our host has. */
const CONCURRENCY = 64;

const [, , name = '', role = '', url = ''] = process.argv;
process.once('disconnect', () => process.exit());

async function graphileWorker(): Promise<Peer> {
  const graphile = messagingPeers.require('graphile-worker') as Graphile;
  const utils = await graphile.makeWorkerUtils({ connectionString: url, maxPoolSize: CONNECTIONS });
  await utils.migrate();
  return {
    add: (id, text) => utils.addJob('echo', { id, text }),
    async work(handled) {
      await graphile.run({
        connectionString: url,
        maxPoolSize: CONNECTIONS,
        concurrency: CONCURRENCY,
        noHandleSignals: true,
        taskList: { echo: ({ id }) => handled(id) },
        preset: { worker: { localQueue: { size: 500 }, completeJobBatchDelay: 0, failJobBatchDelay: 0 } },
      });
    },
  };
}

async function pgBoss(): Promise<Peer> {
  const { PgBoss } = messagingPeers.require('pg-boss') as Boss;
  const boss = new PgBoss({ connectionString: url, max: CONNECTIONS });
  boss.on('error', (error) => console.error(error));
  await boss.start();
  await boss.createQueue('echo');
  return {
    add: (id, text) => boss.send('echo', { id, text }),
    async work(handled) {
      await boss.work('echo', { batchSize: CONCURRENCY * 4, pollingIntervalSeconds: 0.5, localConcurrency: 4 }, (jobs) => {
        for (const { data } of jobs) handled(data.id);
        return Promise.resolve(jobs.length);
      });
    },
  };
}

const peer = await (name === 'graphile-worker' ? graphileWorker() : pgBoss());
const text = 'x'.repeat(200);
const now = (): number => performance.timeOrigin + performance.now();

if (role === 'worker') {
  let handled: [number, number][] = [];
  await peer.work((id) => void handled.push([id, now()]));
  setInterval(() => {
    if (handled.length > 0) process.send?.({ kind: 'handled', handled });
    handled = [];
  }, 50);
} else {
  process.on('message', (order: Order) => void carryOut(order));
}
process.send?.({ kind: 'ready' });

async function carryOut({ tasks, producers }: Order): Promise<void> {
  const sent: number[] = [];
  const acknowledged: number[] = [];
  const begun = now();
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < tasks) {
      const id = next++;
      sent[id] = now();
      await peer.add(id, text);
      acknowledged[id] = now();
    }
  };
  await Promise.all(Array.from({ length: producers }, lane));
  process.send?.({ kind: 'submitted', begun, runs: [], sent, acknowledged });
}
