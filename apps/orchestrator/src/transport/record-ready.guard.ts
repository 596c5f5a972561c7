import { type CanActivate, Injectable } from '@nestjs/common';
import { RecordReadiness } from '../application/ports.js';

/** Shorter than any caller waits, longer than preparing the tables takes. */
const PATIENCE_MS = 2000;

/** Says `UNAVAILABLE` when the tables are not there, instead of the database's own words. */
@Injectable()
export class RecordReadyGuard implements CanActivate {
  constructor(private readonly record: RecordReadiness) {}

  async canActivate(): Promise<boolean> {
    await this.record.assertReady(PATIENCE_MS);
    return true;
  }
}
