import {
  AetError,
  type AdoptCellRuns,
  type AdoptionOutcome,
  type AdoptionPage,
  Conflict,
  ErrorCode,
  isPayloadRef,
  isRunEnded,
  NotFound,
  type PayloadRef,
  type RunAdoptionView,
  type RunEvent,
  RunEventType,
  type StoredRunEvent,
} from '@aet/contracts';
import type { CellCopies } from '@aet/messaging';
import { type AdoptionRecord, type CopiedRun, copiedRun, type LinkedEvent } from '@aet/persistence';
import { decide, type EventVersions, foldAll, type RunState } from '@aet/runs';
import type { CellFigures, KeptPayloads, OtherCells } from './cell-ports.js';
import { CopyScan } from './copy-scan.js';
import type { Auditor, Surroundings } from './ports.js';

const PAGE = 50;
/** Runs at once: each is a few round trips to the server and the database. */
const TOGETHER = 8;
const NOBODY = 'unknown';

export interface AdoptPorts {
  copies: CellCopies;
  record: AdoptionRecord;
  cells: OtherCells;
  payloads: KeptPayloads;
  figures: CellFigures;
  audit: Auditor;
}

/** A run as the copy tells it, folded. */
interface Found {
  copied: CopiedRun;
  state: RunState;
}

/**
 * Takes over the runs of a cell that was lost. Each run is taken over in one transaction, and one that is here already is left as it is: so the whole
 * may be interrupted anywhere, and asked for again.
 */
export class AdoptCell {
  private readonly scans = new Map<string, CopyScan>();

  constructor(
    private readonly ports: AdoptPorts,
    private readonly surroundings: Surroundings,
    private readonly versions: EventVersions,
    /** The cell that adopts. */
    private readonly cell: string,
  ) {}

  /** @throws {NotFound} this cell has no copy of that one. @throws {Conflict} that cell is alive */
  async execute(request: AdoptCellRuns): Promise<AdoptionPage> {
    const { cell: from, after = '', limit = PAGE, dryRun = false } = request;
    await this.assertLost(request);
    const runs = (await this.scanOf(from, request.all ?? false).runs()).filter((runId) => runId > after);
    const page = runs.slice(0, limit);
    const views: RunAdoptionView[] = [];
    for (let at = 0; at < page.length; at += TOGETHER) {
      views.push(...(await Promise.all(page.slice(at, at + TOGETHER).map((runId) => this.adopt(runId, request)))));
    }
    if (!dryRun) await this.writeDown(request, views);
    const next = runs.length > limit ? page.at(-1) : undefined;
    return { from, cell: this.cell, dryRun, runs: views, ...(next === undefined ? {} : { next }) };
  }

  private async assertLost({ cell, force = false, dryRun = false }: AdoptCellRuns): Promise<void> {
    const { copies, cells } = this.ports;
    if (!copies.cells.includes(cell)) {
      const known = copies.cells.length === 0 ? 'none' : copies.cells.join(', ');
      throw new NotFound(
        `cell ${this.cell} has no copy of the events of a cell "${cell}": the cells it is joined with are ${known}`,
      );
    }
    if (force || dryRun) return;
    const sign = await cells.signOfLife(cell);
    if (sign === undefined) return;
    throw new Conflict(
      `cell ${cell} is alive (${sign}): two cells must not go on with the same runs. Stop it, or wait until it is gone; --force adopts all the same, and what it does meanwhile is refused`,
      { details: { cell, sign } },
    );
  }

  private scanOf(cell: string, all: boolean): CopyScan {
    const key = `${cell} ${all}`;
    const scan = this.scans.get(key) ?? new CopyScan(this.ports.copies, cell, all);
    this.scans.set(key, scan);
    return scan;
  }

  private async adopt(runId: string, request: AdoptCellRuns): Promise<RunAdoptionView> {
    try {
      return await this.adoptFound(runId, await this.find(runId, request), request);
    } catch (error) {
      // One run that cannot be taken over must not keep the others; what may work soon is asked for again.
      if (!(error instanceof AetError) || error.retryable) throw error;
      return { runId, outcome: 'refused', events: 0, reason: error.message };
    }
  }

  private async adoptFound(runId: string, { copied, state }: Found, request: AdoptCellRuns): Promise<RunAdoptionView> {
    const { record, figures } = this.ports;
    const events = copied.events.length;
    const view = (outcome: AdoptionOutcome, more: Partial<RunAdoptionView> = {}): RunAdoptionView => ({
      runId,
      outcome,
      events,
      ...more,
    });
    if (state.cell !== request.cell) return view(state.cell === this.cell ? 'here' : 'elsewhere', { epoch: state.epoch });
    if (isRunEnded(state.status) && request.all !== true) return view('ended');
    const epoch = state.epoch + 1;
    if (request.dryRun === true) return view('adoptable', { epoch, ...noted(copied) });
    const outcome = await record.import(runId, copied.events, await this.following(state, copied, request));
    if (outcome === 'existing') return view('here');
    if (outcome === 'diverged')
      return view('refused', { reason: 'the log here holds other events of this run than the copy: see `aet cell conflicts`' });
    figures.adopted(request.cell);
    return view('adopted', { epoch, ...noted(copied) });
  }

  /** @throws {Conflict} naming what is missing of the run */
  private async find(runId: string, { cell, acceptGap = false }: AdoptCellRuns): Promise<Found> {
    const facts = [];
    for await (const copied of this.ports.copies.runFacts(cell, { runId })) facts.push(...copied.facts);
    const copied = copiedRun(runId, facts);
    const doubt = noted(copied).reason;
    if (doubt !== undefined && (!acceptGap || copied.events.length === 0)) {
      const remedy = copied.events.length === 0 ? '' : ': --accept-gap adopts it as it was before that';
      throw new Conflict(`${doubt}${remedy}`);
    }
    const events = copied.events.map((event) => this.eventOf(event));
    return { copied, state: foldAll(undefined, events) as RunState };
  }

  private eventOf({ data, ...event }: LinkedEvent): StoredRunEvent {
    return this.versions.upcast({ ...event, data: JSON.parse(data) as unknown });
  }

  /** What this cell appends: that it has the run, and its end when values that it needs went with the other cell. */
  private async following(state: RunState, { events }: CopiedRun, request: AdoptCellRuns): Promise<RunEvent[]> {
    const { by = NOBODY, reason } = request;
    const word = { by, ...(reason === undefined ? {} : { reason }) };
    const epoch = state.epoch + 1;
    if (isRunEnded(state.status))
      return [{ type: RunEventType.Adopted, data: { ...word, cell: this.cell, epoch, from: state.cell } }];
    const adopted = decide(state, { kind: 'adopt', ...word, cell: this.cell, epoch }, this.surroundings.circumstances());
    const lost = await this.lostPayloads(events);
    return lost.length === 0 ? adopted : [...adopted, failedFor(lost, state)];
  }

  private async lostPayloads(events: readonly LinkedEvent[]): Promise<PayloadRef[]> {
    const refs = new Map<string, PayloadRef>();
    for (const { data } of events) {
      // Most have none, and parsing again costs more than looking.
      if (data.includes('"$payload"')) collect(JSON.parse(data), refs);
    }
    const kept = await Promise.all([...refs.values()].map(async (ref) => ({ ref, has: await this.ports.payloads.has(ref) })));
    return kept.filter(({ has }) => !has).map(({ ref }) => ref);
  }

  private async writeDown({ cell: from, by = NOBODY, reason }: AdoptCellRuns, views: readonly RunAdoptionView[]): Promise<void> {
    const adopted = views.filter(({ outcome }) => outcome === 'adopted').map(({ runId }) => runId);
    if (adopted.length === 0) return;
    await this.ports.audit.record('cell.adopted', { from, cell: this.cell, by, why: reason ?? '', runs: adopted });
  }
}

function noted({ gap, proven, events }: CopiedRun): { reason?: string } {
  if (gap !== undefined) return { reason: `event ${gap.sequence} of ${gap.last} cannot be taken from the copy, as ${gap.why}` };
  if (proven < events.length)
    return { reason: `events from ${proven + 1} on cannot be proven: they were told by a version of AET that told no hashes` };
  return {};
}

function collect(value: unknown, refs: Map<string, PayloadRef>): void {
  if (isPayloadRef(value)) return void refs.set(value.$payload.sha256, value);
  if (typeof value !== 'object' || value === null) return;
  for (const inner of Object.values(value)) collect(inner, refs);
}

const failedFor = (lost: readonly PayloadRef[], { cell }: RunState): RunEvent => ({
  type: RunEventType.Failed,
  data: {
    error: {
      code: ErrorCode.NotFound,
      message:
        `${lost.length} of the run's large values were kept by cell ${cell} and went with it, such as ${lost[0]?.$payload.sha256 ?? ''}: ` +
        'when that cell is back, rerun the run from the step that gave it',
      retryable: false,
      details: { payloads: lost.map(({ $payload }) => $payload) },
    },
  },
});
