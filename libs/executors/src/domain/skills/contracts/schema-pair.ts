import type { ContractChange, Direction } from './contract-change.js';
import type { Located } from './references.js';
import type { SchemaView } from './schema-view.js';

/** Both views of one schema and what is needed to go deeper. */
export interface SchemaPair {
  from: SchemaView;
  to: SchemaView;
  direction: Direction;
  /** How to name the place in a message, such as `response 200 of GET /users: items.name`. */
  label: string;
  report(change: Omit<ContractChange, 'side' | 'pointer'> & Partial<Pick<ContractChange, 'side' | 'pointer'>>): void;
  descend(from: Located, to: Located, label: string): void;
}
