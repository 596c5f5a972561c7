import { plainToInstance } from 'class-transformer';
import { validateSync } from 'class-validator';
import { describe, expect, it } from 'vitest';
import { Ingest } from './rpc/km.js';

describe('request classes', () => {
  it('checks nested documents by their declared type', () => {
    const request = plainToInstance(Ingest, { project: 'p', documents: [{ path: '', content: 'x' }] });
    const [error] = validateSync(request);
    expect(error?.children?.[0]?.children?.[0]?.property).toBe('path');
  });
});
