import { type CloudEvent, type ErrorReport, NotFound, RUN_ID, type TimelineEntry, type TimelineView } from '@aet/contracts';
import type { EventBus } from '@aet/messaging';
import type { Correlations } from '../domain/correlations.js';
import { entryOfError, entryOfEvent } from '../domain/timeline-entry.js';

/** What happened under an id, in order: stored facts of its runs, and errors told under it. */
export class ReadTimeline {
  constructor(
    private readonly bus: EventBus,
    private readonly correlations: Correlations,
    private readonly errors: () => readonly ErrorReport[],
  ) {}

  /** @param id a run's or a correlation id @throws {NotFound} */
  async read(id: string): Promise<TimelineView> {
    const runs = new Set([...this.correlations.runsOf(id), ...(RUN_ID.test(id) ? [id] : [])]);
    const events = (await Promise.all([...runs].map((runId) => this.factsOf(runId)))).flat();
    const told = this.errors().filter(
      ({ correlationId, runId }) => correlationId === id || runId === id || (runId !== undefined && runs.has(runId)),
    );
    if (events.length === 0 && told.length === 0) {
      throw new NotFound(
        `nothing is known under "${id}": give the id that the submit printed; events are told within a moment of their commit`,
      );
    }
    const [runId] = runs;
    return {
      correlationId: events[0]?.correlationid ?? id,
      entries: [...events.map(entryOfEvent), ...told.map(entryOfError)].toSorted(byTime),
      ...(runId === undefined ? {} : { runId }),
    };
  }

  /** A fact may be stored twice after a repair: its id tells. */
  private async factsOf(runId: string): Promise<CloudEvent[]> {
    const facts = new Map<string, CloudEvent>();
    for await (const event of this.bus.readFacts({ runId })) facts.set(event.id, event);
    return [...facts.values()];
  }
}

/** Stable: events of one millisecond stay in the order of the log. */
const byTime = (a: TimelineEntry, b: TimelineEntry): number => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0);
