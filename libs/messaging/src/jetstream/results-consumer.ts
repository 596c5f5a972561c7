import { RESULTS_CONSUMER, Stream, type TaskResult, streamName, toErrorBody } from '@aet/contracts';
import { backoffCeilingMs, pause } from '@aet/resilience';
import { Logger } from '@nestjs/common';
import type { NatsConnection } from '@nats-io/nats-core';
import { type NatsLink, connectionOf } from '../connection/nats-link.js';
import { type LeftToOthers, WorkConsumer } from '../work-consumer.js';
import type { WorkQueue } from '../work-queue.js';
import { Acknowledgements } from './acknowledgements.js';
import { ConsumerPresence } from './consumer-presence.js';
import { type Refusal, deadLetterId, deadLetterOf } from './dead-letter.js';
import { decodeResult } from './decode-work.js';
import type { WorkIdentity } from './jetstream-work-queue.js';
import { type PullEnd, PullInbox, type PullRequest } from './pull-inbox.js';
import type { StreamMessage } from './stream-message.js';

const logger = new Logger('ResultsConsumer');

/** One request for the first result stays open so long. Milliseconds. */
const WAIT_MS = 20_000;
/** Before the next request when the server answers none. Milliseconds. */
const CALM_MS = 500;
const PATIENCE = { initialMs: 1_000, maxMs: 30_000 };
/** Of what is left to others: soon, as any of them may be next; a delayed message holds one of the consumer's places meanwhile. */
const LEFT = { initialMs: 100, maxMs: 10_000 };

export interface ResultsConsumerOptions {
  batch: number;
  handler: (batch: readonly TaskResult[]) => Promise<LeftToOthers | void>;
  letters: Pick<WorkQueue, 'publishDeadLetter'>;
  identity: WorkIdentity;
  workingMs: number;
}

/**
 * Takes results as they come, in batches: what is there at once, or else the first that comes. While the handler has one batch, the next is on
 * its way, so that the handler never waits for the server while there are results.
 */
export class ResultsConsumer extends WorkConsumer {
  private readonly connection: NatsConnection;
  private readonly acknowledgements: Acknowledgements;
  private readonly inbox: PullInbox;
  private readonly presence: ConsumerPresence;
  private readonly stopWatching: () => void;
  private readonly taking: Promise<void>;
  private readonly pulse: NodeJS.Timeout;
  private readonly inHand = new Set<StreamMessage>();
  private gathered: StreamMessage[] = [];
  private ended: ((end: PullEnd) => void) | undefined;
  private draining = false;
  private drained: Promise<void> | undefined;
  private sleep = new AbortController();

  constructor(
    private readonly link: NatsLink,
    private readonly options: ResultsConsumerOptions,
  ) {
    super();
    this.connection = connectionOf(link);
    this.acknowledgements = new Acknowledgements(link);
    const stream = streamName(Stream.Results, options.identity.namespace);
    this.presence = new ConsumerPresence(this.connection, stream, RESULTS_CONSUMER, 'results');
    this.inbox = new PullInbox(link, stream, RESULTS_CONSUMER, {
      onMessage: (message, asked) => this.came(message, asked),
      onEnd: (end) => this.ended?.(end),
    });
    this.stopWatching = link.onStatus(() => this.reconsider());
    this.pulse = setInterval(() => this.inHand.forEach((message) => message.working()), options.workingMs);
    this.taking = this.take();
  }

  get busy(): number {
    return this.inHand.size;
  }

  drain(graceMs: number): Promise<void> {
    this.drained ??= this.drainOnce(graceMs);
    return this.drained;
  }

  private async drainOnce(graceMs: number): Promise<void> {
    this.draining = true;
    this.stopWatching();
    this.reconsider();
    const patience = new AbortController();
    await Promise.race([this.taking, pause(graceMs, patience.signal)]);
    patience.abort();
    clearInterval(this.pulse);
    for (const message of this.inHand) message.again(0);
    this.inbox.close();
    if (this.link.status !== 'connected') return;
    await this.acknowledgements.settled();
    await this.connection.flush().catch(() => undefined);
  }

  private async take(): Promise<void> {
    let next = this.next();
    while (!this.draining && this.link.status !== 'closed') {
      const messages = await next;
      next = this.draining ? Promise.resolve([]) : this.next();
      await this.process(messages);
    }
    this.giveBack(await next);
  }

  /** A batch, empty when none came: after a long wait, by a drain, or a while after the server had nothing to say. */
  private async next(): Promise<StreamMessage[]> {
    if (this.link.status !== 'connected') return this.rest();
    const began = performance.now();
    const { batch } = this.options;
    let end = await this.pull({ batch, expiresMs: 0 });
    if (end === 'short' && this.gathered.length === 0 && !this.draining) end = await this.pull({ batch: 1, expiresMs: WAIT_MS });
    const messages = this.gathered;
    this.gathered = [];
    this.presence.ended(end);
    // A server without the stream refuses at once; asking again at once would be a busy loop.
    if (messages.length === 0 && end !== 'interrupted' && performance.now() - began < CALM_MS) return this.rest();
    return messages;
  }

  private pull(request: PullRequest): Promise<PullEnd> {
    return new Promise((resolve) => {
      this.ended = resolve;
      this.inbox.pull(request);
    });
  }

  private came(message: StreamMessage, asked: boolean): void {
    if (!asked || this.draining) return message.again(0);
    this.inHand.add(message);
    this.gathered.push(message);
  }

  private async process(messages: readonly StreamMessage[]): Promise<void> {
    if (messages.length === 0) return;
    if (this.draining) return this.giveBack(messages);
    try {
      await this.handOn(messages);
    } catch (error) {
      logger.error(error, error instanceof Error ? error.stack : undefined, `${messages.length} results are offered again`);
      for (const message of messages) message.again(backoffCeilingMs(message.deliveries, PATIENCE));
    } finally {
      for (const message of messages) this.inHand.delete(message);
    }
  }

  private giveBack(messages: readonly StreamMessage[]): void {
    for (const message of messages) {
      message.again(0);
      this.inHand.delete(message);
    }
  }

  private async handOn(messages: readonly StreamMessage[]): Promise<void> {
    const good: StreamMessage[] = [];
    const results: TaskResult[] = [];
    for (const message of messages) {
      const decoded = decodeResult(message);
      if ('refusal' in decoded) await this.bury(message, decoded.refusal);
      else {
        good.push(message);
        results.push(decoded.message);
      }
    }
    if (results.length === 0) return;
    const left = await this.options.handler(results);
    for (const [index, message] of good.entries()) {
      if (left?.has(results[index] as TaskResult) === true) message.again(backoffCeilingMs(message.deliveries, LEFT));
      else this.acknowledgements.done(message);
    }
  }

  /** A letter that cannot be written now must not hold up the good results beside it. */
  private async bury(message: StreamMessage, refusal: Refusal): Promise<void> {
    const letter = deadLetterOf(message, refusal, this.options.identity, new Date());
    try {
      await this.options.letters.publishDeadLetter(letter, deadLetterId(message));
      message.never();
    } catch (error) {
      logger.error(`the dead letter of ${message.subject} could not be written: ${toErrorBody(error).message}`);
      message.again(backoffCeilingMs(message.deliveries, PATIENCE));
    }
  }

  private reconsider(): void {
    this.inbox.interrupt();
    this.sleep.abort();
  }
  private async rest(): Promise<never[]> {
    this.sleep = new AbortController();
    if (!this.draining) await pause(CALM_MS, this.sleep.signal);
    return [];
  }
}
