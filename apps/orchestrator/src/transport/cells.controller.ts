import {
  AdoptCellRuns,
  type AdoptionList,
  type AdoptionPage,
  type CellConflictList,
  type CellPosition,
  CellRpc,
  type CellsView,
  ListAdoptions,
  ListCellConflicts,
} from '@aet/contracts';
import { Rpc } from '@aet/messaging';
import { Controller, UseGuards } from '@nestjs/common';
import { AdoptCell } from '../application/adopt-cell.js';
import { QueryCells } from '../application/query-cells.js';
import { RecordReadyGuard } from './record-ready.guard.js';

@Controller()
export class CellsController {
  constructor(
    private readonly query: QueryCells,
    private readonly adoption: AdoptCell,
  ) {}

  @Rpc(CellRpc.ls)
  @UseGuards(RecordReadyGuard)
  list(): Promise<CellsView> {
    return this.query.list();
  }

  /** Asked by other cells: it needs no database. */
  @Rpc(CellRpc.position)
  position(): Promise<CellPosition> {
    return this.query.position();
  }

  @Rpc(CellRpc.adoptions)
  @UseGuards(RecordReadyGuard)
  adoptions(request: ListAdoptions): Promise<AdoptionList> {
    return this.query.adoptions(request);
  }

  @Rpc(CellRpc.adopt)
  @UseGuards(RecordReadyGuard)
  adopt(request: AdoptCellRuns): Promise<AdoptionPage> {
    return this.adoption.execute(request);
  }

  @Rpc(CellRpc.conflicts)
  @UseGuards(RecordReadyGuard)
  conflicts({ limit }: ListCellConflicts): Promise<CellConflictList> {
    return this.query.conflicts(limit);
  }
}
