import { Aggregate, type DeadLetter, isRunEnd, PayloadTooLarge, RunEventType, type StoredRunEvent } from '@aet/contracts';
import type { EventBus, WorkQueue } from '@aet/messaging';
import { retrying } from '@aet/resilience';
import type { FactCursor } from '../dispatch-table.js';
import type { RunLog } from '../run-log.js';
import { failureLetters } from './failure-letters.js';
import { MarkBatch } from './mark-batch.js';
import type { RelayListener } from './relay-listener.js';
import { factId, factsId, fitting, runFact, shortened } from './run-fact.js';
import type { RunOrigin, RunOrigins } from './run-origins.js';
import { Slots } from './slots.js';

export interface TellerPorts {
  origins: RunOrigins;
  bus: EventBus;
  log: RunLog;
  queue: Pick<WorkQueue, 'publishDeadLetter'>;
  cursor: FactCursor;
}

interface Told {
  runId: string;
  after: number;
  told: number;
}

const RETRY = { initialMs: 50, maxMs: 5_000 };
const CONCURRENCY = 1_024;
/** Facts in one message at most. */
const TOGETHER = 64;
/** What happens in a run within this time is told in one message; its end is told at once. Milliseconds. */
const COMPANY_MS = 50;
const CAPACITY = 20_000;

/**
 * Tells the events of each run to the event stream in their order, those that come together in one message; runs beside each other. What does not fit in memory is left to
 * the sweeper: the cursor moves only over facts that were told without a gap.
 */
export class FactTeller {
  private readonly pending = new Map<string, StoredRunEvent[]>();
  /** Runs whose facts wait for company. */
  private readonly patient = new Map<string, NodeJS.Timeout>();
  private readonly slots = new Slots(CONCURRENCY);
  private readonly stopped = new AbortController();
  private readonly marks: MarkBatch<Told>;
  private waiting = 0;

  constructor(
    private readonly ports: TellerPorts,
    private readonly namespace: string,
    private readonly listener: RelayListener,
  ) {
    this.marks = new MarkBatch((rows) => ports.cursor.advance(rows), {
      waitMs: 250,
      max: 1_000,
      capacity: CAPACITY,
      key: ({ runId }) => runId,
      merge: (before, mark) => (mark.after <= before.told && mark.told > before.after ? joined(before, mark) : undefined),
      onRetry: (error, waitMs) => listener.retrying?.('noting how far facts were told', error, waitMs),
    });
  }

  /** Whether facts of the run are on their way, or were told and this is not noted yet. */
  busyWith(runId: string): boolean {
    return this.pending.has(runId) || this.marks.has(runId);
  }

  tell(runId: string, events: readonly StoredRunEvent[]): void {
    if (this.stopped.signal.aborted || this.waiting + events.length > CAPACITY) return;
    this.waiting += events.length;
    const pending = this.pending.get(runId);
    if (pending === undefined) {
      this.pending.set(runId, [...events]);
      this.patient.set(
        runId,
        setTimeout(() => this.begin(runId), COMPANY_MS),
      );
    } else pending.push(...events);
    if (events.some(isRunEnd)) this.begin(runId);
  }

  /** Unless it has begun. */
  private begin(runId: string): void {
    const timer = this.patient.get(runId);
    if (timer === undefined) return;
    clearTimeout(timer);
    this.patient.delete(runId);
    this.slots.add(() => this.drain(runId));
  }

  async stop(): Promise<void> {
    this.stopped.abort();
    for (const timer of this.patient.values()) clearTimeout(timer);
    await this.slots.settled();
    await this.marks.stop();
  }

  private async drain(runId: string): Promise<void> {
    const queue = this.pending.get(runId) ?? [];
    for (let batch = queue.splice(0); batch.length > 0 && !this.stopped.signal.aborted; batch = queue.splice(0)) {
      for (const part of withoutGaps(batch)) await this.tellPart(runId, part);
      this.waiting -= batch.length;
    }
    this.waiting -= queue.length;
    this.pending.delete(runId);
  }

  private async tellPart(runId: string, events: readonly StoredRunEvent[]): Promise<void> {
    for (let from = 0; from < events.length; from += TOGETHER) {
      const together = events.slice(from, from + TOGETHER);
      if (!(await this.tellTogether(together))) return; // going down: the sweeper of the next start goes on from here
      const after = (together[0]?.sequence ?? 1) - 1;
      this.marks.add({ runId, after, told: after + together.length });
      this.listener.factsTold?.(runId, together.length);
    }
  }

  /** Whether the stream has them. */
  private async tellTogether(events: readonly StoredRunEvent[]): Promise<boolean> {
    try {
      await this.publish(events);
      return true;
    } catch {
      // again, below
    }
    try {
      await retrying(() => this.publish(events), {
        ...RETRY,
        signal: this.stopped.signal,
        onRetry: (error, _attempt, waitMs) =>
          this.listener.retrying?.(`telling fact ${factId(events[0] as StoredRunEvent)}`, error, waitMs),
      });
      return true;
    } catch {
      return false;
    }
  }

  private async publish(events: readonly StoredRunEvent[]): Promise<void> {
    for (const event of events) if (event.type === RunEventType.Failed) await this.writeLetters(event);
    const [first] = events;
    if (first === undefined) return;
    const run = this.ports.origins.peek(first.runId) ?? (await this.ports.origins.of(first.runId));
    try {
      await this.send(events, run);
    } catch (error) {
      if (!(error instanceof PayloadTooLarge)) throw error;
      for (const event of events) await this.sendAlone(event, run);
    }
  }

  private async sendAlone(event: StoredRunEvent, run: RunOrigin): Promise<void> {
    try {
      await this.send([fitting(event)], run);
    } catch (error) {
      if (!(error instanceof PayloadTooLarge)) throw error;
      await this.send([shortened(event)], run);
    }
  }

  private send(events: readonly StoredRunEvent[], run: RunOrigin): Promise<void> {
    const [first] = events as [StoredRunEvent];
    const facts = events.map((event) => runFact(event, run, this.namespace));
    return this.ports.bus.publishFact(Aggregate.Run, first.runId, facts, factsId(events));
  }

  /** Before the fact, so that the mark behind the fact covers them. */
  private async writeLetters(event: StoredRunEvent): Promise<void> {
    const { log, queue } = this.ports;
    const events = await log.read(event.runId, 0, event.sequence);
    for (const { letter, id } of failureLetters(events, this.namespace)) {
      try {
        await queue.publishDeadLetter(letter, id);
      } catch (error) {
        if (!(error instanceof PayloadTooLarge)) throw error;
        await queue.publishDeadLetter(withoutInput(letter), id);
      }
    }
  }
}

const joined = (one: Told, other: Told): Told => ({
  runId: one.runId,
  after: Math.min(one.after, other.after),
  told: Math.max(one.told, other.told),
});

/** A letter must fit into a message: what is too large of it stands in the log. */
const withoutInput = (letter: DeadLetter): DeadLetter => ({
  ...letter,
  original: { json: Object.assign({}, 'json' in letter.original ? letter.original.json : undefined, { input: null }) },
  history: (letter.history ?? []).slice(-10).map(({ error, ...attempt }) => ({
    ...attempt,
    error: { code: error.code, message: error.message.slice(0, 1_000), retryable: error.retryable },
  })),
});

/** Cut where another replica appended in between: those facts are not ours to note as told. */
function withoutGaps(events: readonly StoredRunEvent[]): StoredRunEvent[][] {
  const parts: StoredRunEvent[][] = [];
  for (const event of events) {
    const part = parts.at(-1);
    if (part !== undefined && part.at(-1)?.sequence === event.sequence - 1) part.push(event);
    else parts.push([event]);
  }
  return parts;
}
