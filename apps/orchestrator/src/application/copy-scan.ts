import { RunEventType } from '@aet/contracts';
import type { CellCopies } from '@aet/messaging';

const ENDS: ReadonlySet<string> = new Set([RunEventType.Completed, RunEventType.Failed, RunEventType.Cancelled]);

/**
 * Which runs a copy tells of, and which of them seem to go on: some ten bytes of memory for each that does. A guess that is quick to make again, as only
 * what came since is read: the run's own facts decide.
 */
export class CopyScan {
  private readonly last = new Map<string, number>();
  private readonly ended = new Set<string>();
  private cursor = 0;

  constructor(
    private readonly copies: CellCopies,
    private readonly cell: string,
    private readonly keepEnded: boolean,
  ) {}

  /** In the order of their ids. */
  async runs(): Promise<string[]> {
    for await (const { sequence, facts } of this.copies.runFacts(this.cell, { after: this.cursor })) {
      this.cursor = sequence;
      for (const { id, subject, type } of facts) this.note(subject, Number(id.slice(subject.length + 1)), type);
    }
    return [...this.last.keys(), ...this.ended].toSorted();
  }

  private note(runId: string, sequence: number, type: string): void {
    if (sequence < (this.last.get(runId) ?? 0)) return;
    this.ended.delete(runId);
    if (!ENDS.has(type.replace(/@\d+$/, ''))) return void this.last.set(runId, sequence);
    this.last.delete(runId);
    if (this.keepEnded) this.ended.add(runId);
  }
}
