import {
  type DeadLetter,
  LONGEST_DELAY_MS,
  NotFound,
  type Priority,
  RESULTS_CONSUMER,
  Stream,
  Subjects,
  type TaskMessage,
  type TaskResult,
  resultId,
  streamName,
  taskConsumer,
} from '@aet/contracts';
import { type JetStreamManager, jetstreamManager } from '@nats-io/jetstream';
import { requireShortDelay } from '../admission/task-delay.js';
import { type NatsLink, connectionOf } from '../connection/nats-link.js';
import type { Accepted, Outbox } from '../outbox.js';
import { DirectOutbox } from '../outbox/direct-outbox.js';
import { publishStored } from '../stream/publish-stored.js';
import { type Published, type Withdrawal, WorkQueue } from '../work-queue.js';
import { AckFloors } from './ack-floors.js';
import { isConsumerMissing, isNotThere, jetStreamError } from './jetstream-error.js';

/** Who works where; the same for the queue and for its consumers. */
export interface WorkIdentity {
  namespace: string;
  cell: string;
  host: string;
  instance: string;
}

/** Work over the streams TASKS, RESULTS and DLQ of this cell. */
export class JetStreamWorkQueue extends WorkQueue {
  private readonly subjects: Subjects;
  private readonly floors: AckFloors;
  private manager: Promise<JetStreamManager> | undefined;

  constructor(
    private readonly link: NatsLink,
    private readonly identity: WorkIdentity,
    private readonly outbox: Outbox = new DirectOutbox(link),
  ) {
    super();
    this.subjects = new Subjects(identity.namespace);
    this.floors = new AckFloors(() => this.jsm(), this.stream(Stream.Tasks));
  }

  async publish(task: TaskMessage, messageId: string): Promise<Published> {
    requireShortDelay(task.notBefore, Date.now(), LONGEST_DELAY_MS);
    return this.store(this.subjects.task(task.cell, task.priority, task.capability), task, messageId, task.correlationId);
  }

  publishResult(result: TaskResult, ownerCell: string): Promise<Accepted> {
    const subject = this.subjects.result(ownerCell, result.runId);
    return this.outbox.publish({ subject, payload: Buffer.from(JSON.stringify(result)), messageId: resultId(result) });
  }

  publishDeadLetter(letter: DeadLetter, messageId: string): Promise<Published> {
    return this.store(this.subjects.deadLetter(this.identity.cell, letter.reason), letter, messageId);
  }

  async holds(sequence: number): Promise<boolean> {
    const jsm = await this.jsm();
    const found = await this.asked(jsm.streams.getMessage(this.stream(Stream.Tasks), { seq: sequence }), 'looking for a task');
    return found !== null && !(await this.asked(this.floors.isStranded(found.subject, sequence), 'asking how far the hosts are'));
  }

  /** A consumer gets what it delivers in the order of the stream: what lies beyond what it got last was never delivered. */
  async withdraw({ capability, priority }: { capability: string; priority: Priority }, sequence: number): Promise<Withdrawal> {
    const jsm = await this.jsm();
    const stream = this.stream(Stream.Tasks);
    const consumer = taskConsumer(capability, priority);
    const isTaken = async (): Promise<boolean> => {
      const asked = jsm.consumers.info(stream, consumer).catch((error: unknown) => {
        // No host has ever had an agent for it.
        if (isConsumerMissing(error)) return undefined;
        throw jetStreamError(error, 'asking how far the hosts are');
      });
      return ((await asked)?.delivered.stream_seq ?? 0) >= sequence;
    };
    if (await isTaken()) return 'taken';
    // Without overwriting it: nothing secret is in it, and the server has less to do.
    const deleted = await jsm.streams.deleteMessage(stream, sequence, false).catch((error: unknown) => {
      if (isNotThere(error)) return false;
      throw jetStreamError(error, 'withdrawing a task');
    });
    if (!deleted) return 'gone';
    return (await isTaken()) ? 'unclear' : 'withdrawn';
  }

  async pendingResults(): Promise<number> {
    const jsm = await this.jsm();
    const info = await this.asked(jsm.consumers.info(this.stream(Stream.Results), RESULTS_CONSUMER), 'counting results');
    return info.num_pending + info.num_ack_pending;
  }

  private store(subject: string, message: object, messageId: string, correlationId?: string): Promise<Published> {
    const payload = Buffer.from(JSON.stringify(message));
    return publishStored(this.link, { subject, payload, messageId, correlationId });
  }

  private stream(stream: Stream): string {
    return streamName(stream, this.identity.namespace);
  }

  /** Without a question to the server: `checkAPI` would ask for the account's limits. */
  private jsm(): Promise<JetStreamManager> {
    this.manager ??= jetstreamManager(connectionOf(this.link), { checkAPI: false });
    return this.manager;
  }

  private async asked<T>(answer: Promise<T>, what: string): Promise<T> {
    try {
      return await answer;
    } catch (error) {
      const translated = jetStreamError(error, what);
      if (translated instanceof NotFound) {
        throw new NotFound(`${translated.message}: the cell's streams are not set up yet, start the fleet once`, {
          cause: error,
        });
      }
      throw translated;
    }
  }
}
