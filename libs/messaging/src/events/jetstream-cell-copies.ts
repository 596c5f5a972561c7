import { Aggregate, type CloudEvent, copyStream, Stream, streamName, Subjects } from '@aet/contracts';
import { type JetStreamManager, jetstreamManager } from '@nats-io/jetstream';
import { CellCopies, type CopiedFacts, type CopyState } from '../cell-copies.js';
import { connectionOf, type NatsLink } from '../connection/nats-link.js';
import { jetStreamError } from '../jetstream/jetstream-error.js';
import { StreamFeed } from '../stream/stream-feed.js';
import { decodeMessage } from './decode-message.js';

export interface CellCopiesOptions {
  namespace: string;
  cell: string;
  peers: readonly string[];
}

const NANOS_PER_MS = 1_000_000;

export class JetStreamCellCopies extends CellCopies {
  readonly cells: readonly string[];
  private readonly subjects: Subjects;

  constructor(
    private readonly link: NatsLink,
    private readonly options: CellCopiesOptions,
  ) {
    super();
    this.cells = options.peers;
    this.subjects = new Subjects(options.namespace);
  }

  async state(cell: string): Promise<CopyState> {
    const stream = copyStream(cell, this.options.namespace);
    const { state, mirror } = await this.asked((jsm) => jsm.streams.info(stream), `looking at the copy of cell ${cell}`);
    // The server says -1 when it never heard of what it copies.
    const heard = mirror === undefined || mirror.active < 0 ? {} : { heardMs: Math.round(mirror.active / NANOS_PER_MS) };
    return { cell, last: state.last_seq, lag: mirror?.lag ?? 0, ...heard };
  }

  async ownEnd(): Promise<number> {
    const stream = streamName(Stream.Events, this.options.namespace);
    return (await this.asked((jsm) => jsm.streams.info(stream), 'looking at the stream of events')).state.last_seq;
  }

  async *runFacts(
    cell: string,
    { runId, after }: { runId?: string; after?: number } = {},
  ): AsyncGenerator<CopiedFacts, void, undefined> {
    const filter =
      runId === undefined ? this.subjects.eventsOf(cell, Aggregate.Run) : this.subjects.event(cell, Aggregate.Run, runId);
    for await (const message of this.feed(cell, filter, after).toEnd()) {
      yield { sequence: message.seq, facts: decodeMessage(message) as CloudEvent[] };
    }
  }

  private feed(cell: string, filter: string, after = 0): StreamFeed {
    const stream = copyStream(cell, this.options.namespace);
    return new StreamFeed(this.link, { stream, filter, from: after === 0 ? 'all' : { after } });
  }

  private async asked<T>(question: (jsm: JetStreamManager) => Promise<T>, what: string): Promise<T> {
    try {
      return await question(await jetstreamManager(connectionOf(this.link), { checkAPI: false }));
    } catch (error) {
      throw jetStreamError(error, what);
    }
  }
}
