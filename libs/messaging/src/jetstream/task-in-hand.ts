import { Draining, type TaskMessage, assertNever, toErrorBody } from '@aet/contracts';
import { backoffCeilingMs } from '@aet/resilience';
import { type Correlation, correlation } from '@aet/telemetry';
import { Logger } from '@nestjs/common';
import { incomingCorrelation } from '../rpc/incoming-correlation.js';
import type { Delivery, Outcome } from '../work-consumer.js';
import type { WorkQueue } from '../work-queue.js';
import type { Acknowledgements } from './acknowledgements.js';
import type { Admission } from './admission.js';
import { type Refusal, deadLetterId, deadLetterOf } from './dead-letter.js';
import { decodeTask } from './decode-work.js';
import type { WorkIdentity } from './jetstream-work-queue.js';
import type { StreamMessage } from './stream-message.js';

const logger = new Logger('WorkConsumer');

/** How long a task whose handler threw, or whose dead letter could not be written, waits for its next offer. */
const PATIENCE = { initialMs: 1_000, maxMs: 30_000 };

export interface TaskTerms {
  handler: (delivery: Delivery<TaskMessage>) => Promise<Outcome>;
  letters: Pick<WorkQueue, 'publishDeadLetter'>;
  identity: WorkIdentity;
  admission: Pick<Admission, 'admit'>;
  acknowledgements: Pick<Acknowledgements, 'done'>;
}

/** One task between its delivery and its end: asks the handler, and carries out the outcome. */
export class TaskInHand {
  private controller: AbortController | undefined;
  private givenBack = false;
  /** How long the handler took, once it ended. Milliseconds. */
  tookMs: number | undefined;

  constructor(
    readonly message: StreamMessage,
    private readonly terms: TaskTerms,
  ) {}

  /** Resolves when the task is settled. Never rejects. */
  async settle(): Promise<void> {
    try {
      const outcome = await this.outcome();
      if (!this.givenBack) await this.carryOut(outcome);
    } catch (error) {
      logger.error(`${this.message.subject} could not be settled and will be offered again: ${toErrorBody(error).message}`);
      this.message.again(backoffCeilingMs(this.message.deliveries, PATIENCE));
    }
  }

  /** Tells the server that somebody is at it. */
  working(): void {
    this.message.working();
  }

  /** Ends the patience: the handler is told to stop, and the task goes to another host. */
  giveBack(): void {
    this.givenBack = true;
    this.message.again(0);
    this.aborting().abort(new Draining('this host is shutting down; the task goes to another one'));
  }

  /** Made when somebody asks: most handlers of short tasks do not. */
  private aborting(): AbortController {
    this.controller ??= new AbortController();
    return this.controller;
  }

  private async outcome(): Promise<Outcome> {
    const decoded = decodeTask(this.message);
    if ('refusal' in decoded) return { kind: 'reject', ...decoded.refusal };
    const { message } = decoded;
    try {
      const verdict = await this.terms.admission.admit(message, this.message.deliveries);
      switch (verdict.kind) {
        case 'begin':
          return await this.handle(message);
        case 'later':
          return { kind: 'retry', afterMs: verdict.afterMs, reason: 'the cell does not let it begin yet' };
        case 'done-before':
          return { kind: 'done' };
        default:
          return assertNever(verdict);
      }
    } catch (error) {
      logger.error(error, error instanceof Error ? error.stack : undefined, `handler of ${this.message.subject}`);
      const afterMs = backoffCeilingMs(this.message.deliveries, PATIENCE);
      return { kind: 'retry', afterMs, reason: toErrorBody(error).message };
    }
  }

  private async handle(message: TaskMessage): Promise<Outcome> {
    const aborting = (): AbortController => this.aborting();
    const delivery = {
      message,
      deliveries: this.message.deliveries,
      get signal(): AbortSignal {
        return aborting().signal;
      },
    };
    const began = performance.now();
    try {
      return await correlation.run(this.contextOf(message), () => this.terms.handler(delivery));
    } finally {
      this.tookMs = performance.now() - began;
    }
  }

  /** A damaged header costs the task its trace, not its life. */
  private contextOf({ correlationId, runId }: TaskMessage): Correlation {
    try {
      return { ...incomingCorrelation(this.message.headers), correlationId, runId };
    } catch {
      return { correlationId, runId };
    }
  }

  private async carryOut(outcome: Outcome): Promise<void> {
    switch (outcome.kind) {
      case 'done':
        this.terms.acknowledgements.done(this.message);
        return;
      case 'retry':
        return this.message.again(outcome.afterMs);
      case 'reject':
        return this.bury(outcome);
      default:
        assertNever(outcome);
    }
  }

  /** The letter first: a task must never be nowhere. */
  private async bury(refusal: Refusal): Promise<void> {
    const letter = deadLetterOf(this.message, refusal, this.terms.identity, new Date());
    await this.terms.letters.publishDeadLetter(letter, deadLetterId(this.message));
    this.message.never();
  }
}
