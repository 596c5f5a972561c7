import { findNatsServer } from '@aet/messaging';
import { queueBench } from './messaging/queue.ts';
import { rpcBench } from './messaging/rpc.ts';
import { wholePathBench } from './messaging/whole-path.ts';
import type { Line } from './support/line.ts';
import { messagingPeers } from './support/peers.ts';

const PARTS: Readonly<Record<string, () => AsyncGenerator<Line>>> = {
  rpc: rpcBench,
  queue: queueBench,
  'whole path': wholePathBench,
};

/** What the figures were made with, beside the machine. */
export async function about(): Promise<Record<string, string>> {
  return { 'nats-server': (await findNatsServer()).version, ...messagingPeers.install() };
}

/** Request and reply, the work queue, and the whole path, each in one run beside its peers. */
export async function* bench(only: string): AsyncGenerator<Line> {
  for (const [name, part] of Object.entries(PARTS)) if (name.includes(only)) yield* part();
}
