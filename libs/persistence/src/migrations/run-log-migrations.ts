import type { MigrationInterface } from 'typeorm';
import { RunDuties1764010000000 } from './1764010000000-run-duties.js';
import { Effects1764020000000 } from './1764020000000-effects.js';
import { ResultCache1764020100000 } from './1764020100000-result-cache.js';
import { Batches1764020200000 } from './1764020200000-batches.js';
import { RunLog1763700000000 } from './1763700000000-run-log.js';
import { RunExpiry1763733600000 } from './1763733600000-run-expiry.js';
import { Record1764000000000 } from './1764000000000-record.js';
import { Cells1764030000000 } from './1764030000000-cells.js';
import { RunOperations1764040000000 } from './1764040000000-run-operations.js';
import { RunApprovals1764060000000 } from './1764060000000-run-approvals.js';
import { PayloadUses1764070000000 } from './1764070000000-payload-uses.js';
import { OrderedWork1763726400000 } from './1763726400000-ordered-work.js';

/** Schema of the run log and of its projections. */
export const RUN_LOG_SCHEMA = 'aet';
/** In order. A released migration is never changed. */
export const RUN_LOG_MIGRATIONS: readonly (new () => MigrationInterface)[] = [
  RunLog1763700000000,
  OrderedWork1763726400000,
  RunExpiry1763733600000,
  Record1764000000000,
  RunDuties1764010000000,
  Effects1764020000000,
  ResultCache1764020100000,
  Batches1764020200000,
  Cells1764030000000,
  RunOperations1764040000000,
  RunApprovals1764060000000,
  PayloadUses1764070000000,
];
