import { type AdoptionEvent, type CloudEvent, RunEventType } from '@aet/contracts';
import type { CellCopies } from '@aet/messaging';
import type { AdoptionRecord, LinkedEvent } from '@aet/persistence';
import type { CellFigures, WorkStopper } from './cell-ports.js';

export interface StalePorts {
  copies: CellCopies;
  record: AdoptionRecord;
  figures: CellFigures;
  work: WorkStopper;
  /** What is known of the run's owner, here in this process, is no longer so. */
  ownerChanged: (runId: string) => void;
}

/**
 * Reads what other cells told of runs, and keeps both sides of an adoption apart: a run of this cell that another one adopted is closed here, so that
 * nothing more is written to it; an event that the former owner of a run told after this cell had taken it over is refused, and counted.
 * Every replica may do it: the log takes the first.
 */
export class RefuseStale {
  private here: Map<string, number> | undefined;

  constructor(
    private readonly ports: StalePorts,
    private readonly cell: string,
  ) {}

  /** What another cell said it adopted. Returns how many runs were lost to it. */
  async learn(adoptions: readonly AdoptionEvent[]): Promise<number> {
    let ceded = 0;
    for (const { epoch: _, ...event } of await this.ports.record.unknownAmong(adoptions)) ceded += await this.close(event);
    return ceded;
  }

  /** Everything that the copy of that cell's events holds by now. Returns how many runs were lost to it. */
  async look(peer: string): Promise<number> {
    const { copies, record } = this.ports;
    const { last } = await copies.state(peer);
    const seen = await record.seen(peer);
    if (last === seen) return 0;
    let ceded = 0;
    // A copy that was made anew, after its stream had been, begins again.
    for await (const { facts } of copies.runFacts(peer, { after: last < seen ? 0 : seen })) {
      for (const fact of facts) ceded += await this.take(peer, fact);
    }
    await record.noteSeen(peer, last);
    return ceded;
  }

  private async take(peer: string, fact: CloudEvent): Promise<number> {
    const runId = fact.subject;
    const sequence = Number(fact.id.slice(runId.length + 1));
    if (isAdoption(fact)) {
      const { type, time, data, hash = '' } = fact;
      return this.close({ runId, sequence, type, time, data: JSON.stringify(data), hash });
    }
    const place = (await this.adoptedHere()).get(runId);
    if (place === undefined || sequence < place) return 0;
    await this.ports.record.refuse(runId, sequence);
    this.ports.figures.stale(peer);
    return 0;
  }

  private async close(event: Omit<LinkedEvent, 'prevHash'>): Promise<number> {
    const { record, figures, work, ownerChanged } = this.ports;
    const { runId } = event;
    const { cell } = JSON.parse(event.data) as { cell: string };
    ownerChanged(runId);
    if (cell === this.cell) return 0;
    this.here?.delete(runId);
    const ceded = await record.cede({ ...event, prevHash: '' });
    if (ceded === undefined) return 0;
    figures.ceded(cell);
    await work.stop(runId, ceded.tasks);
    return 1;
  }

  /** Places of adoptions by this cell; those by other replicas are read again when nothing is known of them. */
  private async adoptedHere(): Promise<Map<string, number>> {
    return (this.here ??= await this.ports.record.adoptedHere());
  }

  /** Runs were adopted here, by this replica or another. */
  forget(): void {
    this.here = undefined;
  }
}

const isAdoption = (fact: CloudEvent): boolean => fact.type.replace(/@\d+$/, '') === RunEventType.Adopted;
