import type { ServiceTables } from '@aet/persistence';
import { Knowledge1763700100000 } from './migrations/1763700100000-knowledge.js';

/** The Knowledge Manager's tables. Migrations in order; a released one is never changed. */
export const KNOWLEDGE_TABLES: ServiceTables = { schema: 'km', migrations: [Knowledge1763700100000], owner: 'km' };
