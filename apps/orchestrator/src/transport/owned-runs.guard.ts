import { type CanActivate, Injectable } from '@nestjs/common';
import { CellsWatch } from './cells.watch.js';

/** Shorter than a host waits for its answer. */
const PATIENCE_MS = 700;

/** Says `UNAVAILABLE` while it is not known whether the runs are still this cell's: a host must not begin what another cell goes on with. */
@Injectable()
export class OwnedRunsGuard implements CanActivate {
  constructor(private readonly cells: CellsWatch) {}

  async canActivate(): Promise<boolean> {
    await this.cells.assertOwned(PATIENCE_MS);
    return true;
  }
}
