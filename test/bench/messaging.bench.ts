import type { Line } from './support/line.ts';
import { rpcBench } from './messaging/rpc.ts';

/** Request and reply, the work queue, and the whole path, each in one run beside its peers. */
export async function* bench(): AsyncGenerator<Line> {
  yield* rpcBench();
}
