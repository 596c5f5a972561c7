import type { CloudEvent, DeadLetter, TaskMessage } from '@aet/contracts';
import type { EventBus, Published, WorkQueue } from '@aet/messaging';

/** The task stream as far as a relay sees it: ids are known, messages can be lost, the server can be away. */
export class InMemoryTaskStream implements Pick<
  WorkQueue,
  'publish' | 'publishDeadLetter' | 'holds' | 'pendingResults' | 'withdraw'
> {
  readonly messages = new Map<number, { task: TaskMessage; id: string }>();
  private readonly ids = new Map<string, number>();
  private sequence = 0;
  /** Thrown by every call while set. */
  failure: Error | undefined;
  pending = 0;

  async publish(task: TaskMessage, id: string): Promise<Published> {
    await this.answered();
    const known = this.ids.get(id);
    if (known !== undefined) return { sequence: known, duplicate: true };
    this.messages.set(++this.sequence, { task, id });
    this.ids.set(id, this.sequence);
    return { sequence: this.sequence, duplicate: false };
  }

  readonly letters = new Map<string, DeadLetter>();
  async publishDeadLetter(letter: DeadLetter, id: string): Promise<Published> {
    await this.answered();
    const duplicate = this.letters.has(id);
    if (!duplicate) this.letters.set(id, letter);
    return { sequence: this.letters.size, duplicate };
  }

  async holds(sequence: number): Promise<boolean> {
    await this.answered();
    return this.messages.has(sequence);
  }

  /** Sequences that a host got. */
  readonly taken = new Set<number>();
  async withdraw(_lane: unknown, sequence: number): Promise<'withdrawn' | 'taken' | 'gone'> {
    await this.answered();
    if (this.taken.has(sequence)) return 'taken';
    return this.messages.delete(sequence) ? 'withdrawn' : 'gone';
  }

  async pendingResults(): Promise<number> {
    await this.answered();
    return this.pending;
  }

  /** Ids in the stream, in its order. */
  held(): string[] {
    return [...this.messages.values()].map(({ id }) => id);
  }

  private async answered(): Promise<void> {
    await Promise.resolve();
    if (this.failure !== undefined) throw this.failure;
  }
}

/** The event stream as far as a relay sees it. */
export class InMemoryEventStream implements Pick<EventBus, 'publishFact'> {
  readonly facts = new Map<string, CloudEvent>();
  /** Thrown while set, or chosen by the event. */
  failure: ((event: CloudEvent) => Error | undefined) | undefined;

  async publishFact(_aggregate: string, _id: string, told: CloudEvent | readonly CloudEvent[]): Promise<void> {
    await Promise.resolve();
    const events = [told].flat();
    const failure = events.map((event) => this.failure?.(event)).find((error) => error !== undefined);
    if (failure !== undefined) throw failure;
    for (const event of events) if (!this.facts.has(event.id)) this.facts.set(event.id, event);
  }
}
