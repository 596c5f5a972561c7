import type { AdoptionList, CellConflictList, CellPosition, CellsView, CellView, ListAdoptions } from '@aet/contracts';
import type { CellCopies } from '@aet/messaging';
import type { AdoptionRecord } from '@aet/persistence';
import type { OtherCells } from './cell-ports.js';

const PAGE = 50;
/** Half a kilobyte each. */
const ADOPTIONS = 500;

/** Questions about the cells, answered by any replica. */
export class QueryCells {
  constructor(
    private readonly copies: CellCopies,
    private readonly others: OtherCells,
    private readonly record: AdoptionRecord,
    private readonly cell: string,
  ) {}

  async list(): Promise<CellsView> {
    const [cells, owners] = await Promise.all([
      Promise.all(this.copies.cells.map((cell) => this.viewOf(cell))),
      this.record.owned(),
    ]);
    return { cell: this.cell, cells, owners };
  }

  async position(): Promise<CellPosition> {
    return { cell: this.cell, last: await this.copies.ownEnd() };
  }

  async adoptions({ from, after = '' }: ListAdoptions): Promise<AdoptionList> {
    const adoptions = await this.record.adoptedFrom(from, after, ADOPTIONS);
    const next = adoptions.length < ADOPTIONS ? undefined : adoptions.at(-1)?.runId;
    return { adoptions, ...(next === undefined ? {} : { next }) };
  }

  async conflicts(limit = PAGE): Promise<CellConflictList> {
    return { conflicts: await this.record.conflicts(limit) };
  }

  private async viewOf(cell: string): Promise<CellView> {
    const sign = await this.others.signOfLife(cell);
    const life = { cell, alive: sign !== undefined, ...(sign === undefined ? {} : { sign }) };
    try {
      const { cell: _, ...copy } = await this.copies.state(cell);
      return { ...life, copy };
    } catch (error) {
      return { ...life, problem: (error as Error).message };
    }
  }
}
