import {
  AdoptCellRuns,
  type AdoptionPage,
  type CellConflictList,
  CellRpc,
  type CellsView,
  ListCellConflicts,
} from '@aet/contracts';
import { RpcClient } from '@aet/messaging';
import { ServiceIdentity } from '@aet/service-kit';
import { Body, Controller, Get, HttpCode, Post, Query, Req } from '@nestjs/common';
import type { HttpRequest } from './http-types.js';
import { bodyPipe, textPipe } from './rest-validation.js';
import { said } from './told-by.js';

/** A cell that is gone does not refuse: it is waited for. Milliseconds. */
const PATIENT = { timeoutMs: 12_000 };
/** A page of runs, each with all of its events; before the first, the whole copy is read. Milliseconds. */
const ADOPTION = { timeoutMs: 120_000 };

/** The cells that this one is joined with. Another cell's answer would be about another record: only the own one is asked. */
@Controller('v1/cells')
export class CellsController {
  constructor(
    private readonly rpc: RpcClient,
    private readonly me: ServiceIdentity,
  ) {}

  @Get()
  list(): Promise<CellsView> {
    return this.rpc.call(CellRpc.ls, {}, { ...PATIENT, cell: this.me.cell });
  }

  @Get('conflicts')
  conflicts(@Query(textPipe) query: ListCellConflicts): Promise<CellConflictList> {
    return this.rpc.call(CellRpc.conflicts, query, { ...PATIENT, cell: this.me.cell });
  }

  @Post('adopt')
  @HttpCode(200)
  adopt(@Body(bodyPipe) word: AdoptCellRuns, @Req() request: HttpRequest): Promise<AdoptionPage> {
    return this.rpc.call(CellRpc.adopt, said(word, request), { ...ADOPTION, cell: this.me.cell });
  }
}
