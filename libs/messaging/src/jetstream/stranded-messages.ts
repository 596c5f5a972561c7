import { type JetStreamManager, type PurgeOpts, RetentionPolicy } from '@nats-io/jetstream';
import type { CellTopology } from './cell-topology.js';

/**
 * Removes from the work queues what was acknowledged and is there all the same: a server whose disk was full, or that lost its power, may have
 * kept a consumer's state and forgotten the removal of the message. Nobody would get such a message, and it would take up room for ever.
 * @returns how many were removed
 */
export async function removeStranded(jsm: JetStreamManager, { streams }: CellTopology): Promise<number> {
  const queues = streams.filter(({ config }) => config.retention === RetentionPolicy.Workqueue);
  let removed = 0;
  for (const { config } of queues) removed += await removeFrom(jsm, config.name);
  return removed;
}

async function removeFrom(jsm: JetStreamManager, queue: string): Promise<number> {
  const purges: PurgeOpts[] = [];
  let waiting = 0;
  for await (const { config, ack_floor, num_pending, num_ack_pending } of jsm.consumers.list(queue)) {
    waiting += num_pending + num_ack_pending;
    const filter = config.filter_subject === undefined ? {} : { filter: config.filter_subject };
    // Everything before `seq` goes: a consumer is over with all messages up to its floor.
    if (ack_floor.stream_seq > 0) purges.push({ ...filter, seq: ack_floor.stream_seq + 1 });
  }
  // Most often there is nothing, and nothing is asked.
  if ((await jsm.streams.info(queue)).state.messages <= waiting) return 0;
  let removed = 0;
  for (const purge of purges) removed += (await jsm.streams.purge(queue, purge)).purged;
  return removed;
}
