import type { RecordFinding, StoredRunEvent } from '@aet/contracts';
import { EVENT_VERSIONS } from '@aet/runs';
import type { PieceRow } from '../archive/archive-index.js';
import type { SegmentDamaged } from '../archive/segment-format.js';
import type { LinkedEvent } from '../hash-chain.js';
import { eventOf } from '../postgres/append-batch.js';
import type { ComparedRow, RunFold } from '../rebuild/projector.js';
import { foldsOf, PROJECTORS } from '../rebuild/projectors.js';
import type { PageRange, RunSink, RunVisitor, ScannedHead } from '../rebuild/run-scan.js';
import type { PoolClient } from 'pg';
import { ChainCheck } from './chain-check.js';
import { compareRows } from './row-check.js';

/** Checks the runs of one page: their chains, and their rows against a fresh fold. */
export class PageCheck {
  readonly findings: RecordFinding[] = [];
  private readonly wanted: ComparedRow[][] = PROJECTORS.map(() => []);
  /** Runs of whose events it cannot be said what their rows should be. */
  private readonly unsure = new Set<string>();

  /** @param seen gets every sound event, with how far the run was told */
  constructor(
    private readonly seen: (event: StoredRunEvent, head: ScannedHead) => void,
    private readonly cell: string | undefined,
  ) {}

  readonly visit: RunVisitor = (runId, head): RunSink => {
    const chain = new ChainCheck(runId, head, (finding) => this.findings.push(finding));
    const folds = foldsOf(runId, head, this.cell);
    let known = true;
    const fold = (linked: LinkedEvent): void => {
      if (!chain.take(linked) || head === undefined) return;
      const event = this.read(linked);
      known &&= event !== undefined;
      if (event === undefined) return;
      this.seen(event, head);
      if (chain.sound && known) for (const one of folds) one.add(event);
    };
    return {
      take: (events) => events.forEach(fold),
      unreadable: (piece, error) => {
        this.damaged(piece, error);
        chain.skip(piece.to);
      },
      end: () => {
        chain.finish();
        if (!chain.sound || !known) this.unsure.add(runId);
        else for (const [index, one] of folds.entries()) this.want(index, one);
      },
    };
  };

  async compare(client: PoolClient, range: PageRange): Promise<void> {
    for (const [index, projector] of PROJECTORS.entries()) {
      const serving = (await projector.serving(client, range)).filter(({ runId }) => !this.unsure.has(runId));
      this.findings.push(...compareRows(projector, this.wanted[index] ?? [], serving));
    }
  }

  private want(index: number, fold: RunFold<unknown>): void {
    const projector = PROJECTORS[index];
    for (const row of fold.rows()) if (projector !== undefined) this.wanted[index]?.push(projector.compared(row as never));
  }

  /** Undefined: a later version of AET wrote it, which knows what it means. */
  private read(linked: LinkedEvent): StoredRunEvent | undefined {
    try {
      return eventOf(linked, EVENT_VERSIONS);
    } catch {
      return undefined;
    }
  }

  private damaged({ runId, segment }: PieceRow, error: SegmentDamaged): void {
    const kind = /is not in the object store/.test(error.message) ? 'lost' : 'changed';
    this.findings.push({ what: 'segment', kind, message: error.message, segment, runId });
  }
}
