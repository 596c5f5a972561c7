import { Aggregate, type CloudEvent } from '@aet/contracts';

/** Correlations remembered, the latest ones. */
const REMEMBERED = 20_000;

/** Which runs belong to a correlation id that is not a run's own. Older ones are found by run id. */
export class Correlations {
  private readonly runs = new Map<string, Set<string>>();

  note({ type, correlationid, subject }: CloudEvent): void {
    if (!type.startsWith(`${Aggregate.Run}.`) && !type.startsWith('step.') && !type.startsWith('attempt.')) return;
    if (correlationid === subject) return;
    const known = this.runs.get(correlationid) ?? new Set();
    this.runs.delete(correlationid);
    this.runs.set(correlationid, known.add(subject));
    for (const oldest of this.runs.keys()) {
      if (this.runs.size <= REMEMBERED) break;
      this.runs.delete(oldest);
    }
  }

  runsOf(correlationId: string): readonly string[] {
    return [...(this.runs.get(correlationId) ?? [])];
  }
}
