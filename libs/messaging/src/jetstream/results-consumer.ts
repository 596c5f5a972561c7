import { RESULTS_CONSUMER, Stream, type TaskResult, streamName, toErrorBody } from '@aet/contracts';
import { backoffCeilingMs, pause } from '@aet/resilience';
import { Logger } from '@nestjs/common';
import type { Msg, NatsConnection } from '@nats-io/nats-core';
import { type NatsLink, connectionOf } from '../connection/nats-link.js';
import { WorkConsumer } from '../work-consumer.js';
import type { WorkQueue } from '../work-queue.js';
import { type Refusal, deadLetterId, deadLetterOf } from './dead-letter.js';
import { decodeResult } from './decode-work.js';
import type { WorkIdentity } from './jetstream-work-queue.js';
import { PullInbox } from './pull-inbox.js';
import { StreamMessage } from './stream-message.js';

const logger = new Logger('ResultsConsumer');

/** One request for the first result stays open so long. Milliseconds. */
const WAIT_MS = 20_000;
/** Results that are known to wait behind the first come within this. Milliseconds. */
const COMPANY_MS = 50;
/** Before the next request when the server answers none. Milliseconds. */
const CALM_MS = 500;
const PATIENCE = { initialMs: 1_000, maxMs: 30_000 };

export interface ResultsConsumerOptions {
  batch: number;
  handler: (batch: readonly TaskResult[]) => Promise<void>;
  letters: Pick<WorkQueue, 'publishDeadLetter'>;
  identity: WorkIdentity;
  workingMs: number;
}

/** Waits for one result, takes what came with it, hands them on together. One batch at a time. */
export class ResultsConsumer extends WorkConsumer {
  private readonly connection: NatsConnection;
  private readonly inbox: PullInbox;
  private readonly stopWatching: () => void;
  private readonly taking: Promise<void>;
  private inHand: readonly StreamMessage[] = [];
  private draining = false;
  private interrupted = false;
  private drained: Promise<void> | undefined;
  private sleep = new AbortController();

  constructor(
    private readonly link: NatsLink,
    private readonly options: ResultsConsumerOptions,
  ) {
    super();
    this.connection = connectionOf(link);
    const giveBack = (message: Msg): void => new StreamMessage(this.connection, message).again(0);
    this.inbox = new PullInbox(link, streamName(Stream.Results, options.identity.namespace), giveBack);
    this.stopWatching = link.onStatus(() => this.reconsider());
    this.taking = this.take();
  }

  get busy(): number {
    return this.inHand.length;
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
    for (const message of this.inHand) message.again(0);
    this.inbox.close();
    if (this.link.status === 'connected') await this.connection.flush().catch(() => undefined);
  }

  private async take(): Promise<void> {
    while (!this.draining && this.link.status !== 'closed') {
      if (this.link.status !== 'connected') {
        await this.rest(CALM_MS);
        continue;
      }
      const began = performance.now();
      this.interrupted = false;
      const messages = await this.next();
      if (messages.length > 0) await this.process(messages);
      // A server without the stream refuses at once; asking again at once would be a busy loop.
      else if (!this.interrupted && performance.now() - began < CALM_MS) await this.rest(CALM_MS);
    }
  }

  private async next(): Promise<StreamMessage[]> {
    const ask = async (batch: number, expiresMs: number): Promise<StreamMessage[]> =>
      (await this.inbox.pull({ consumer: RESULTS_CONSUMER, batch, expiresMs })).map(
        (message) => new StreamMessage(this.connection, message),
      );
    const [first] = await ask(1, WAIT_MS);
    if (first === undefined) return [];
    const company = Math.min(first.pending, this.options.batch - 1);
    return company > 0 && !this.draining ? [first, ...(await ask(company, COMPANY_MS))] : [first];
  }

  private async process(messages: readonly StreamMessage[]): Promise<void> {
    if (this.draining) return messages.forEach((message) => message.again(0));
    this.inHand = messages;
    const pulse = setInterval(() => messages.forEach((message) => message.working()), this.options.workingMs);
    try {
      await this.handOn(messages);
    } catch (error) {
      logger.error(error, error instanceof Error ? error.stack : undefined, `${messages.length} results are offered again`);
      for (const message of messages) message.again(backoffCeilingMs(message.deliveries, PATIENCE));
    } finally {
      clearInterval(pulse);
      this.inHand = [];
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
    await this.options.handler(results);
    for (const message of good.slice(0, -1)) message.done();
    // The server answers in order: its word on the last one covers the others.
    await good.at(-1)?.doneForSure();
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
    this.interrupted = true;
    this.inbox.interrupt();
    this.sleep.abort();
  }
  private async rest(ms: number): Promise<void> {
    this.sleep = new AbortController();
    await pause(ms, this.sleep.signal);
  }
}
