import { randomBytes } from 'node:crypto';
import { idBound } from '../archive/partition-plan.js';

/** A run id of version 7 that was made at that moment. @param ms unix milliseconds */
export const runIdAt = (ms: number): string => `${idBound(ms)}-7${hex(3)}-8${hex(3)}-${hex(12)}`;

const hex = (digits: number): string => randomBytes(6).toString('hex').slice(0, digits);
