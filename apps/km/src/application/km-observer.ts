import type { IngestReport } from '@aet/contracts';

/** Hears what the use cases did; metrics listen here. */
export abstract class KmObserver {
  abstract ingested(report: IngestReport): void;
  abstract searched(seconds: number): void;
}
