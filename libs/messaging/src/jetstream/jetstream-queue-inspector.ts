import { PRIORITIES, Stream, type StreamFill, streamName, taskConsumerParts } from '@aet/contracts';
import { type ConsumerInfo, type JetStreamManager, jetstreamManager } from '@nats-io/jetstream';
import { type NatsLink, connectionOf } from '../connection/nats-link.js';
import { type LaneDepth, QueueInspector } from '../queue-inspector.js';
import { jetStreamError } from './jetstream-error.js';

export class JetStreamQueueInspector extends QueueInspector {
  private manager: Promise<JetStreamManager> | undefined;

  constructor(
    private readonly link: NatsLink,
    private readonly namespace: string,
  ) {
    super();
  }

  async lanes(): Promise<LaneDepth[]> {
    const stream = streamName(Stream.Tasks, this.namespace);
    return this.asked('reading the consumers of tasks', async (jsm) => {
      const consumers: ConsumerInfo[] = [];
      for await (const info of jsm.consumers.list(stream)) consumers.push(info);
      const served = consumers.flatMap((info) => laneOf(info) ?? []);
      const { state } = await jsm.streams.info(stream, { subjects_filter: '>' });
      return [...served, ...unservedLanes(state.subjects ?? {}, served)];
    });
  }

  async fill(): Promise<StreamFill[]> {
    return Promise.all(
      [Stream.Tasks, Stream.Results].map((stream) =>
        this.asked(`reading the stream ${stream}`, async (jsm) => {
          const { state, config } = await jsm.streams.info(streamName(stream, this.namespace));
          return { stream, messages: state.messages, bytes: state.bytes, maxBytes: Math.max(config.max_bytes, 0) };
        }),
      ),
    );
  }

  private async asked<T>(what: string, question: (jsm: JetStreamManager) => Promise<T>): Promise<T> {
    this.manager ??= jetstreamManager(connectionOf(this.link), { checkAPI: false });
    try {
      return await question(await this.manager);
    } catch (error) {
      throw jetStreamError(error, what);
    }
  }
}

/** Tasks for which there is no consumer, such as of a capability whose name was misspelt. @param counts messages by subject */
function unservedLanes(counts: Readonly<Record<string, number>>, served: readonly LaneDepth[]): LaneDepth[] {
  return Object.entries(counts).flatMap(([subject, waiting]) => {
    const [priority, capability] = subject.split('.').slice(-2);
    const known = PRIORITIES.find((candidate) => candidate === priority);
    if (capability === undefined || known === undefined) return [];
    if (served.some((lane) => lane.capability === capability && lane.priority === known)) return [];
    return [{ capability, priority: known, waiting, inHand: 0, redelivered: 0, unserved: true as const }];
  });
}

/** Nothing for a consumer that is not ours. */
function laneOf(info: ConsumerInfo): LaneDepth | undefined {
  const { capability, priority } = taskConsumerParts(info.name) ?? {};
  const known = PRIORITIES.find((candidate) => candidate === priority);
  if (capability === undefined || known === undefined) return undefined;
  const { num_pending: waiting, num_ack_pending: inHand, num_redelivered: redelivered } = info;
  return { capability, priority: known, waiting, inHand, redelivered };
}
