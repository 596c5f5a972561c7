import {
  type RebuildProgress,
  type RebuildRecord,
  type RestoreArchived,
  type RestoredRuns,
  SEGMENT_NAME,
  type SegmentDetails,
  type SegmentList,
  type VerifyNews,
} from '@aet/contracts';
import type { ArchiveKeeper, Rebuilder, Verifier } from '@aet/persistence';
import type { Auditor, RecordFigureBoard } from './ports.js';
import { told } from './told.js';

/** Between two words about progress. Milliseconds. */
const OFTEN_MS = 250;

export interface RecordParts {
  rebuilder: Rebuilder;
  verifier: Verifier;
  keeper: ArchiveKeeper;
}

/** What operators do with the record: make its projections anew, compare it, look into its archive. */
export class KeepRecord {
  constructor(
    private readonly parts: RecordParts,
    private readonly audit: Auditor,
    private readonly board: RecordFigureBoard,
  ) {}

  /** Called off when nobody reads any more: then nothing has changed. */
  async *rebuild({ fromTimestamp, by }: RebuildRecord): AsyncGenerator<RebuildProgress, void, undefined> {
    await this.audit.record('record.rebuild', { by, fromTimestamp });
    const since = fromTimestamp === undefined ? {} : { fromTimestamp: new Date(fromTimestamp) };
    yield* told<RebuildProgress>((tell, signal) => {
      const seldom = atMostSo(tell);
      const onProgress = (progress: RebuildProgress): void => {
        this.board.rebuilding(progress);
        if (progress.phase !== 'done') seldom(progress);
      };
      return this.parts.rebuilder.rebuild({ ...since, signal, onProgress });
    });
  }

  async *verify(): AsyncGenerator<VerifyNews, void, undefined> {
    const findings = new Map<string, number>();
    yield* told<VerifyNews>(async (tell, signal) => {
      const seldom = atMostSo(tell);
      const progress = await this.parts.verifier.verify({
        signal,
        onProgress: (said) => {
          if (said.phase !== 'done') seldom({ progress: said });
        },
        onFinding: (finding) => {
          findings.set(finding.what, (findings.get(finding.what) ?? 0) + 1);
          tell({ finding });
        },
      });
      this.board.verified(findings, progress.seconds);
      return { progress };
    });
  }

  async segments(): Promise<SegmentList> {
    return { segments: await this.parts.keeper.list() };
  }

  async segment(name: string): Promise<SegmentDetails> {
    const { segment, pieces } = await this.parts.keeper.show(name);
    return { ...segment, pieces: pieces.map(({ runId, from, to }) => ({ runId, from, to })) };
  }

  async restore({ of, by }: RestoreArchived): Promise<RestoredRuns> {
    const restored = await (SEGMENT_NAME.test(of) ? this.parts.keeper.restoreSegment(of) : this.parts.keeper.restoreRun(of));
    await this.audit.record('record.restored', { by, of, runs: restored.runs.length, events: restored.events });
    return restored;
  }
}

/** Tells at most so often; what is not told is followed by something newer. */
function atMostSo<T>(tell: (item: T) => void): (item: T) => void {
  let last = -Infinity;
  return (item) => {
    const at = performance.now();
    if (at - last < OFTEN_MS) return;
    last = at;
    tell(item);
  };
}
