import { Aggregate, type CloudEvent, Stream, Subjects, streamName } from '@aet/contracts';
import type { NatsLink } from '../connection/nats-link.js';
import { FactCopy, type StoredFacts } from '../fact-copy.js';
import { StreamFeed } from '../stream/stream-feed.js';
import { decodeMessage } from './decode-message.js';

export class JetStreamFactCopy extends FactCopy {
  constructor(
    private readonly link: NatsLink,
    private readonly options: { namespace: string; cell: string },
  ) {
    super();
  }

  async *facts(runId?: string): AsyncGenerator<StoredFacts, void, undefined> {
    const { namespace, cell } = this.options;
    const subjects = new Subjects(namespace);
    const filter = runId === undefined ? subjects.eventsOf(cell, Aggregate.Run) : subjects.event(cell, Aggregate.Run, runId);
    const feed = new StreamFeed(this.link, { stream: streamName(Stream.Events, namespace), filter, from: 'all' });
    for await (const message of feed.toEnd()) {
      yield {
        streamSequence: message.seq,
        storedAt: message.info.timestampNanos / 1_000_000,
        facts: decodeMessage(message).filter(isFact),
        runId: message.subject.split('.').at(-1) ?? '',
      };
    }
  }
}

const isFact = (value: unknown): value is CloudEvent => {
  const { id, data } = (value ?? {}) as Partial<CloudEvent>;
  return typeof id === 'string' && typeof data === 'object' && data !== null;
};
