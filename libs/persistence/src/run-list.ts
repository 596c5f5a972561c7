import type { ListRuns, RunPage, RunSummary } from '@aet/contracts';

/** The list of runs, a projection that changes in the commit of each append. */
export abstract class RunList {
  abstract list(query: ListRuns): Promise<RunPage>;
  /** Ids of running runs that are over their workflow's timeout, those that are so for longest first. */
  abstract overdue(now: Date, limit: number): Promise<string[]>;
  abstract find(runId: string): Promise<RunSummary | undefined>;
  /** The run that was submitted under that key. */
  abstract findByIdempotencyKey(key: string): Promise<RunSummary | undefined>;
}
