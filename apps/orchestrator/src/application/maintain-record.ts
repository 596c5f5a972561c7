import type { Archiver, LogPartitions, PayloadCleaner, Rebuilder, RecordFigures } from '@aet/persistence';
import type { RecordFigureBoard } from './ports.js';

const HOUR_MS = 60 * 60 * 1_000;
const DAY_MS = 24 * HOUR_MS;
/** Of one round; what is left is for the next. */
const SEGMENTS = 50;

export interface MaintenanceParts {
  partitions: LogPartitions;
  archiver: Archiver;
  rebuilder: Rebuilder;
  payloads: PayloadCleaner;
  figures: () => Promise<RecordFigures>;
}

/** What the record needs from time to time. Every replica does it; of each part one at a time. */
export class MaintainRecord {
  constructor(
    private readonly parts: MaintenanceParts,
    private readonly rules: { partitionDays: number; archiveAfterDays: number; payloadGraceHours: number },
    private readonly board: RecordFigureBoard,
  ) {}

  /** Once, at the start: what a rebuild that was killed left. */
  begin(): Promise<void> {
    return this.parts.rebuilder.clean();
  }

  async round(signal: AbortSignal): Promise<void> {
    const { partitionDays, archiveAfterDays, payloadGraceHours } = this.rules;
    await this.parts.partitions.maintain(partitionDays);
    if (archiveAfterDays > 0) await this.archive(new Date(Date.now() - archiveAfterDays * DAY_MS), signal);
    this.board.figures(await this.parts.figures(), archiveAfterDays * DAY_MS);
    if (payloadGraceHours > 0) this.board.cleaned(await this.parts.payloads.round(payloadGraceHours * HOUR_MS, signal));
  }

  private async archive(closedBefore: Date, signal: AbortSignal): Promise<void> {
    for (let n = 0; n < SEGMENTS && !signal.aborted; n++) {
      if ((await this.parts.archiver.round(closedBefore)) === undefined) return;
    }
  }
}
