import { type AdoptionEvent, Unavailable } from '@aet/contracts';
import type { CellCopies } from '@aet/messaging';
import type { AdoptionRecord } from '@aet/persistence';
import { pause } from '@aet/resilience';
import { DrainSequence, HealthBoard } from '@aet/service-kit';
import type { Log } from '@aet/telemetry';
import type { OnApplicationBootstrap } from '@nestjs/common';
import type { CellFigures, OtherCells } from '../application/cell-ports.js';
import { RecordReadiness } from '../application/ports.js';
import type { RefuseStale } from '../application/refuse-stale.js';

/** Between two looks at the copies. Milliseconds. */
const LOOK_MS = 1_000;
/** Between two tries while the service starts. Milliseconds. */
const SOON_MS = 200;
/** A cell that starts waits so long for another that does not answer. Then it goes on alone. Milliseconds. */
const ALONE_MS = 10_000;
/** A replica that did not look for longer than this was held up, or cut off: whose the runs are it must learn anew. Milliseconds. */
const FRESH_MS = 5_000;
/** Servers say something to each other every second. Milliseconds. */
const QUIET_MS = 3_000;
/** A copy of which nothing was heard for longer than this is told as cut off. Milliseconds. */
const SILENT_MS = 10_000;
const CONFLICTS = 500;

export interface WatchPorts {
  copies: CellCopies;
  cells: OtherCells;
  record: AdoptionRecord;
  stale: RefuseStale;
  figures: CellFigures;
}

/**
 * Looks at the copies of other cells' events for as long as the service runs. Until the first look is over, nothing of runs from before the start is
 * published or decided: another cell may have adopted them while this one was away.
 */
export class CellsWatch extends RecordReadiness implements OnApplicationBootstrap {
  private readonly stopping = new AbortController();
  private looking: Promise<void> | undefined;
  private first = Promise.withResolvers<boolean>();
  /** When the copies were last seen to be current, on the monotonic clock. */
  private current = -Infinity;

  constructor(
    private readonly ports: WatchPorts,
    private readonly database: RecordReadiness,
    private readonly health: HealthBoard,
    private readonly drain: DrainSequence,
    private readonly log: Log,
  ) {
    super();
  }

  onApplicationBootstrap(): void {
    this.looking = this.run();
    this.drain.on('stop-intake', async () => {
      this.stopping.abort();
      this.first.resolve(false);
      await this.looking;
    });
  }

  /** New runs concern nobody else: they need the database only. */
  assertReady(withinMs: number): Promise<void> {
    return this.database.assertReady(withinMs);
  }

  /** Resolves with true when the database can be used, and every cell that can be reached was asked what it adopted. */
  prepared(): Promise<boolean> {
    return this.first.promise;
  }

  /** Waits a moment. @throws {Unavailable} it is not known whose the runs are: another cell may have adopted them */
  async assertOwned(withinMs: number): Promise<void> {
    for (const until = performance.now() + withinMs; !this.isFresh;) {
      if (performance.now() > until || this.stopping.signal.aborted)
        throw new Unavailable('other cells are being asked whether they adopted runs of this one: try again in a moment');
      await pause(SOON_MS, this.stopping.signal);
    }
  }

  private get isFresh(): boolean {
    return this.ports.copies.cells.length === 0 || performance.now() - this.current < FRESH_MS;
  }

  private async run(): Promise<void> {
    if (!(await this.database.prepared())) return this.first.resolve(false);
    await this.catchUpWithAll();
    this.first.resolve(!this.stopping.signal.aborted);
    while (!this.stopping.signal.aborted && this.ports.copies.cells.length > 0) {
      if (!this.isFresh) await this.catchUpWithAll();
      await this.round().catch((error: unknown) =>
        this.log.warn('the copies of other cells could not be looked at', { err: error }),
      );
      await pause(LOOK_MS, this.stopping.signal);
    }
  }

  private async catchUpWithAll(): Promise<void> {
    await Promise.all(this.ports.copies.cells.map((cell) => this.catchUp(cell)));
    if (!this.stopping.signal.aborted) this.current = performance.now();
  }

  /**
   * Before anything is done for a run: what the other cell adopted while this one was away. It is asked itself, as a copy may need half a minute to
   * go on after a restart. What it cannot say, its copy says later.
   */
  private async catchUp(cell: string): Promise<void> {
    const since = performance.now();
    while (!this.stopping.signal.aborted) {
      const adoptions = await this.ports.cells.adoptions(cell);
      if (adoptions !== undefined && (await this.learned(cell, adoptions))) return;
      if (adoptions === undefined && performance.now() - since > ALONE_MS) {
        this.log.warn('a cell could not be asked what it adopted: this one goes on alone', { other: cell });
        return;
      }
      await pause(SOON_MS, this.stopping.signal);
    }
  }

  private async learned(cell: string, adoptions: readonly AdoptionEvent[]): Promise<boolean> {
    try {
      this.tell(cell, await this.ports.stale.learn(adoptions));
      return true;
    } catch (error) {
      this.log.warn('runs that another cell adopted could not be closed yet', { other: cell, err: error });
      return false;
    }
  }

  private tell(cell: string, ceded: number): void {
    if (ceded > 0) this.log.warn('runs of this cell were adopted by another, and are closed here', { other: cell, runs: ceded });
  }

  private async round(): Promise<void> {
    const { copies, cells, stale, figures, record } = this.ports;
    stale.forget();
    const lags = new Map<string, number>();
    const cut: string[] = [];
    for (const cell of copies.cells) {
      this.tell(cell, await stale.look(cell));
      const { lag, heardMs = Infinity } = await copies.state(cell);
      lags.set(cell, lag);
      // After a cut the copy may need half a minute to go on; the cell itself answers at once.
      const adoptions = heardMs > QUIET_MS ? await cells.adoptions(cell) : undefined;
      if (adoptions !== undefined) this.tell(cell, await stale.learn(adoptions));
      if (heardMs > SILENT_MS) cut.push(cell);
    }
    this.current = performance.now();
    figures.copies(lags);
    const conflicts = (await record.conflicts(CONFLICTS)).length;
    figures.conflicts(conflicts);
    this.report(cut, conflicts);
  }

  private report(cut: readonly string[], conflicts: number): void {
    const problems = [
      ...cut.map(
        (cell) => `nothing is heard of cell ${cell}: the link is cut, or the cell is lost (then: \`aet cell adopt ${cell}\`)`,
      ),
      ...(conflicts === 0
        ? []
        : [`${conflicts} runs go on in another cell than they were in, which wrote more: see \`aet cell conflicts\``]),
    ];
    if (problems.length === 0) this.health.clear('cells');
    else this.health.report('cells', problems.join('\n'));
  }
}
