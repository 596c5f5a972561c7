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

/** One request stays open so long. Milliseconds. */
const WAIT_MS = 20_000;
/** Before the next request when the server answers none. Milliseconds. */
const CALM_MS = 500;
/** Calls of the handler at once: while one waits for its commit, the next ones decide. */
const LANES = 4;
const PATIENCE = { initialMs: 1_000, maxMs: 30_000 };
/** Of what is left to others: soon, as any of them may be next; a delayed message holds one of the consumer's places meanwhile. */
const LEFT = { initialMs: 100, maxMs: 2_000 };

export interface ResultsConsumerOptions {
  batch: number;
  handler: (batch: readonly TaskResult[]) => Promise<LeftToOthers | void>;
  letters: Pick<WorkQueue, 'publishDeadLetter'>;
  identity: WorkIdentity;
  workingMs: number;
}

/**
 * Takes results as they come: a request stays open at the server, and what has gathered goes to the handler as soon as one of its lanes is
 * free. Under load the batches grow by themselves. At most twice a batch is in hand.
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
  private taken = 0;
  private gathered: StreamMessage[] = [];
  private readonly lanes = new Set<Promise<void>>();
  private handing: NodeJS.Immediate | undefined;
  private ended: ((end: PullEnd) => void) | undefined;
  private roomMade: (() => void) | undefined;
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
    while (!this.draining && this.link.status !== 'closed') {
      if (this.link.status === 'connected' && this.room > 0) await this.ask();
      else if (this.link.status === 'connected') await new Promise<void>((resolve) => (this.roomMade = resolve));
      else await this.rest();
    }
    this.giveBack(this.gathered.splice(0));
    await Promise.all(this.lanes);
  }

  private get room(): number {
    return 2 * this.options.batch - this.inHand.size;
  }

  /** One request to its end. A server without the stream refuses at once; asking again at once would be a busy loop. */
  private async ask(): Promise<void> {
    const began = performance.now();
    const before = this.taken;
    const end = await this.pull({ batch: Math.min(this.options.batch, this.room), expiresMs: WAIT_MS });
    this.presence.ended(end);
    if (this.taken === before && end !== 'interrupted' && performance.now() - began < CALM_MS) await this.rest();
  }

  private pull(request: PullRequest): Promise<PullEnd> {
    return new Promise((resolve) => {
      this.ended = resolve;
      this.inbox.pull(request);
    });
  }

  private came(message: StreamMessage, asked: boolean): void {
    if (!asked || this.draining) return message.again(0);
    this.taken++;
    this.inHand.add(message);
    this.gathered.push(message);
    this.handSoon();
  }

  /** After what else came with the same packet. */
  private handSoon(): void {
    if (this.handing === undefined && this.lanes.size < LANES) this.handing = setImmediate(() => this.hand());
  }

  private hand(): void {
    this.handing = undefined;
    const messages = this.gathered.splice(0, this.options.batch);
    if (messages.length === 0) return;
    const lane = this.process(messages).finally(() => {
      this.lanes.delete(lane);
      this.roomMade?.();
      if (this.gathered.length > 0) this.handSoon();
    });
    this.lanes.add(lane);
    if (this.gathered.length > 0) this.handSoon();
  }

  private async process(messages: readonly StreamMessage[]): Promise<void> {
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
    this.roomMade?.();
    this.sleep.abort();
  }
  private async rest(): Promise<void> {
    this.sleep = new AbortController();
    if (!this.draining) await pause(CALM_MS, this.sleep.signal);
  }
}
