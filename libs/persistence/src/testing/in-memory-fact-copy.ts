import type { CloudEvent, StoredRunEvent } from '@aet/contracts';
import { FactCopy, type StoredFacts } from '@aet/messaging';
import { runFact } from '../relay/run-fact.js';

/** An event stream for tests, whose messages can be changed. */
export class InMemoryFactCopy extends FactCopy {
  messages: StoredFacts[] = [];

  /** As the relay tells them, in one message. */
  tell(events: readonly StoredRunEvent[]): void {
    const [first] = events;
    if (first === undefined) return;
    const run = { cell: 'mainpc', epoch: 1, correlationId: 'c', workflow: 'w', ordered: false };
    const facts = events.map((event) => JSON.parse(JSON.stringify(runFact(event, run, 'default'))) as CloudEvent);
    const streamSequence = (this.messages.at(-1)?.streamSequence ?? 0) + 1;
    this.messages.push({ streamSequence, storedAt: Date.parse(first.time), facts, runId: first.runId });
  }

  override async *facts(runId?: string): AsyncGenerator<StoredFacts, void, undefined> {
    await Promise.resolve();
    for (const message of this.messages) if (runId === undefined || message.runId === runId) yield message;
  }
}
