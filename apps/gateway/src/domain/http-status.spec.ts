import { ErrorCode } from '@aet/contracts';
import { describe, expect, it } from 'vitest';
import { codeOfHttpStatus, httpStatusOf } from './http-status.js';

describe('the status of an error', () => {
  it.each([
    [ErrorCode.NotFound, 404],
    [ErrorCode.ValidationFailed, 400],
    [ErrorCode.WorkflowInvalid, 422],
    [ErrorCode.ResourceExhausted, 429],
    [ErrorCode.NoResponders, 503],
    [ErrorCode.DeadlinePassed, 504],
  ])('%s is %i', (code, status) => {
    expect(httpStatusOf(code)).toBe(status);
  });
  it('is never a success, for any code, known or not', () => {
    for (const code of [...Object.values(ErrorCode), 'FROM_THE_FUTURE']) expect(httpStatusOf(code)).toBeGreaterThanOrEqual(400);
    expect(httpStatusOf('FROM_THE_FUTURE')).toBe(500);
  });
  it('names refusals of the HTTP server in our codes', () => {
    expect([404, 413, 418, 500].map(codeOfHttpStatus)).toEqual([
      'NOT_FOUND',
      'PAYLOAD_TOO_LARGE',
      'VALIDATION_FAILED',
      'INTERNAL',
    ]);
  });
});
