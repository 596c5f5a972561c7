import { Conflict, InternalError, ResourceExhausted, Unavailable } from '@aet/contracts';
import { describe, expect, it } from 'vitest';
import { databaseError, DatabaseRefused } from './database-error.js';

const thrown = (message: string, code?: string) => Object.assign(new Error(message), code === undefined ? {} : { code });

describe('an error of the database', () => {
  it.each([
    [thrown('connect ECONNREFUSED 127.0.0.1:1', 'ECONNREFUSED'), Unavailable],
    [thrown('terminating connection due to administrator command', '57P01'), Unavailable],
    [thrown('the database system is starting up', '57P03'), Unavailable],
    [thrown('sorry, too many clients already', '53300'), Unavailable],
    [thrown('deadlock detected', '40P01'), Unavailable],
    [thrown('Connection terminated unexpectedly'), Unavailable],
    [thrown('timeout exceeded when trying to connect'), Unavailable],
    [thrown('could not extend file: No space left on device', '53100'), ResourceExhausted],
    [thrown('password authentication failed', '28P01'), DatabaseRefused],
    [thrown('database "x" does not exist', '3D000'), DatabaseRefused],
    [thrown('syntax error', '42601'), InternalError],
    [new AggregateError([thrown('connect ECONNREFUSED ::1')], ''), InternalError],
  ])('has a type that says whether to try again: %s', (error, type) => {
    expect(databaseError(error, 'reading')).toBeInstanceOf(type);
    expect(databaseError(error, 'reading').message).toMatch(/^reading: ./);
  });

  it('is left as it is when it is one of ours', () => {
    const ours = new Conflict('taken');
    expect(databaseError(ours, 'reading')).toBe(ours);
  });
});
