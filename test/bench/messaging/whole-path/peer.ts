import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Measured, percentiles } from '../../support/measure.ts';
import type { Order, Submitted } from '../../support/order.ts';
import { Program } from '../../support/program.ts';

const module = fileURLToPath(new URL('peer.program.ts', import.meta.url));

/** One worker process and one producing process of a peer, under the same load. Results count when the job ran: that is before their commit. */
export async function loadPeer(name: string, url: string, order: Order): Promise<Measured> {
  const start = (role: string): Promise<Program> =>
    Program.start({ module, args: [name, role, url], cwd: tmpdir(), logFile: join(tmpdir(), `aet-bench-${name}-${role}.log`) });
  // The first makes the tables.
  await using producer = await start('producer');
  await using worker = await start('worker');
  await run(producer, worker, { ...order, tasks: Math.min(500, order.tasks) });
  // Awaited here: the programs live as long as this function.
  return await run(producer, worker, order);
}

async function run(producer: Program, worker: Program, order: Order): Promise<Measured> {
  const handled = new Map<number, number>();
  const told = producer.told<Submitted>('submitted');
  const all = Promise.withResolvers<void>();
  using _listening = worker.hear('handled', (news) => {
    for (const [id, at] of (news as { handled: [number, number][] }).handled) handled.set(id, at);
    if (handled.size === order.tasks) all.resolve();
  });
  producer.send(order);
  const { begun, sent, acknowledged } = await told;
  await all.promise;
  const last = (times: Iterable<number>): number => [...times].reduce((latest, time) => Math.max(latest, time), 0);
  return {
    tasks: order.tasks,
    added: (order.tasks / (last(acknowledged) - begun)) * 1_000,
    processed: (order.tasks / (last(handled.values()) - begun)) * 1_000,
    ack: percentiles(acknowledged.map((ms, index) => ms - (sent[index] ?? 0))),
    result: percentiles(sent.map((ms, index) => (handled.get(index) ?? Number.NaN) - ms)),
  };
}
