import type { ApprovalPage, ListApprovals } from '@aet/contracts';

/** What waits for a person's decision in the runs of a cell. A row appears, and goes, in the commit of the event that says so. */
export abstract class RunApprovals {
  /** The oldest first. @throws {ValidationFailed} when the cursor is not one that a page gave */
  abstract list(query: ListApprovals, cell: string): Promise<ApprovalPage>;
}
