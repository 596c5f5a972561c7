import {
  Aggregate,
  type CloudEvent,
  type ErrorReport,
  type HealthReport,
  type Severity,
  Stream,
  Subjects,
  type TaskProgress,
  streamName,
} from '@aet/contracts';
import { type NatsConnection, nuid } from '@nats-io/nats-core';
import { Logger } from '@nestjs/common';
import { type NatsLink, connectionOf } from '../connection/nats-link.js';
import { EventBus, type ReplayOptions, type Subscription } from '../event-bus.js';
import type { Outbox } from '../outbox.js';
import { DirectOutbox } from '../outbox/direct-outbox.js';
import { outgoingHeaders } from '../rpc/outgoing-headers.js';
import { publishStored } from '../stream/publish-stored.js';
import { type FeedStart, StreamFeed } from '../stream/stream-feed.js';
import { type Listener, decodeMessage, deliver } from './decode-message.js';
import { type Stoppable, openSubscription } from './open-subscription.js';

export interface EventBusOptions {
  namespace: string;
  /** Cell whose streams hold what is stored here. */
  cell: string;
}

/** Live messages that wait for a listener; with more of them the link counts a slow consumer. */
const LIVE_PENDING = 10_000;

/**
 * Events over this cell's streams and, for other cells, over the live subjects that the leaf links carry.
 * What is told live by another cell while the link to it is down is missed; its stream has it.
 */
export class JetStreamEventBus extends EventBus {
  private readonly logger = new Logger(JetStreamEventBus.name);
  private readonly subjects: Subjects;
  private readonly connection: NatsConnection;

  constructor(
    private readonly link: NatsLink,
    private readonly options: EventBusOptions,
    private readonly outbox: Outbox = new DirectOutbox(link),
  ) {
    super();
    this.subjects = new Subjects(options.namespace);
    this.connection = connectionOf(link);
  }

  async publishFact(
    aggregate: Aggregate,
    id: string,
    told: CloudEvent | readonly CloudEvent[],
    messageId: string,
  ): Promise<void> {
    const subject = this.subjects.event(this.options.cell, aggregate, id);
    const [first] = [told].flat();
    const payload = JSON.stringify(Array.isArray(told) && told.length === 1 ? first : told);
    await this.outbox.publish({ subject, payload, messageId, correlationId: first?.correlationid });
  }

  async publishError(report: ErrorReport): Promise<void> {
    const subject = this.subjects.error(report.cell, report.service, report.severity as Severity);
    const { correlationId } = report;
    await this.outbox.publish(
      { subject, payload: JSON.stringify(report), messageId: nuid.next(), correlationId },
      { minor: true },
    );
  }

  /** Past the outbox: what waited would say how the instance was, and the next report is seconds away. */
  async publishHealth(report: HealthReport): Promise<void> {
    const { cell, service, instance } = report.record;
    const subject = this.subjects.health(cell, service, instance);
    await publishStored(this.link, { subject, payload: JSON.stringify(report), messageId: nuid.next() });
  }

  publishProgress(progress: TaskProgress): void {
    if (this.connection.isClosed()) return;
    this.connection.publish(this.subjects.progress(progress.runId), JSON.stringify(progress), { headers: outgoingHeaders() });
  }

  onFact(handler: (event: CloudEvent) => void, { runId, from = 'all' }: ReplayOptions = {}): Promise<Subscription> {
    const everywhere = runId === undefined ? this.subjects.allEvents() : this.subjects.eventsOfRun(runId);
    return this.listen({ stream: Stream.Events, here: this.factsHere(runId), everywhere, from }, handler);
  }

  async *readFacts({ runId, from = 'all' }: ReplayOptions): AsyncGenerator<CloudEvent, void, undefined> {
    if (from === 'new') return;
    const feed = new StreamFeed(this.link, { stream: this.streamOf(Stream.Events), filter: this.factsHere(runId), from });
    for await (const message of feed.toEnd()) {
      for (const event of decodeMessage(message)) yield event as CloudEvent;
    }
  }

  /** A server of 2.9 takes no filter that is wider than the stream in any part, such as one with a wildcard for the cell. */
  private factsHere(runId: string | undefined): string {
    const { cell } = this.options;
    return runId === undefined ? this.subjects.events(cell) : this.subjects.event(cell, Aggregate.Run, runId);
  }

  onProgress(runId: string | undefined, handler: (progress: TaskProgress) => void): Subscription {
    const subject = runId === undefined ? this.subjects.allProgress() : this.subjects.progress(runId);
    return openSubscription([this.hear(subject, handler)]);
  }

  onHealth(handler: (report: HealthReport) => void, options: { replayMs?: number } = {}): Promise<Subscription> {
    const here = this.subjects.healthOf(this.options.cell);
    return this.listen({ stream: Stream.Health, here, everywhere: this.subjects.allHealth(), from: startOf(options) }, handler);
  }

  onError(handler: (report: ErrorReport) => void, options: { replayMs?: number } = {}): Promise<Subscription> {
    const here = this.subjects.errors(this.options.cell);
    return this.listen({ stream: Stream.Errors, here, everywhere: this.subjects.allErrors(), from: startOf(options) }, handler);
  }

  private streamOf(stream: Stream): string {
    return streamName(stream, this.options.namespace);
  }

  /** This cell's stream in order, and the live subjects of all other cells beside it. */
  private async listen(source: Source, handler: Listener): Promise<Subscription> {
    const { here } = source;
    const isHere = here.endsWith('>')
      ? (subject: string) => subject.startsWith(here.slice(0, -1))
      : (subject: string) => subject === here;
    const others = this.hear(source.everywhere, handler, (subject) => !isHere(subject));
    const feed = new StreamFeed(this.link, { stream: this.streamOf(source.stream), filter: here, from: source.from });
    try {
      const { finished } = await feed.open((message) => deliver(message, handler));
      return openSubscription([others, { stop: () => feed.close(), finished }]);
    } catch (error) {
      others.stop();
      throw error;
    }
  }

  private hear(subject: string, handler: Listener, wanted: (subject: string) => boolean = () => true): Stoppable {
    const subscription = this.connection.subscribe(subject, { slow: LIVE_PENDING });
    let stopped = false;
    const stop = (): void => {
      stopped = true;
      if (!this.connection.isClosed()) subscription.unsubscribe();
    };
    const hearing = async (): Promise<void> => {
      for await (const message of subscription) if (!stopped && wanted(message.subject)) deliver(message, handler);
    };
    const finished = hearing().catch((error: unknown) => this.logger.warn(`${subject} is heard no more: ${String(error)}`));
    return { stop, finished };
  }
}

interface Source {
  stream: Stream;
  here: string;
  everywhere: string;
  from: FeedStart;
}

const startOf = ({ replayMs }: { replayMs?: number }): FeedStart =>
  replayMs === undefined ? 'new' : { since: new Date(Date.now() - replayMs) };
