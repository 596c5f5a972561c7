import type { ApiOperation } from './api-model.js';
import type { Changes, Direction } from './contract-change.js';
import type { SchemaDiff } from './schema-diff.js';

/** Both sides of one operation and what is needed to compare them. */
export interface OperationPair {
  from: ApiOperation;
  to: ApiOperation;
  changes: Changes;
  schemas: SchemaDiff;
  /** Direction of the data that the request carries; turned round for webhooks. */
  inbound: Direction;
  outbound: Direction;
}
