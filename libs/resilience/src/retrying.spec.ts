import { describe, expect, it } from 'vitest';
import { retrying } from './retrying.js';

const quick = { initialMs: 1, maxMs: 2 };

describe('retrying', () => {
  it('gives the first success and says each failure', async () => {
    const said: number[] = [];
    const value = await retrying((attempt) => (attempt < 3 ? Promise.reject(new Error('down')) : Promise.resolve(attempt)), {
      ...quick,
      onRetry: (_error, attempt) => said.push(attempt),
    });
    expect(value).toBe(3);
    expect(said).toEqual([1, 2]);
  });

  it('stops at an error that is not worth another try', async () => {
    let tries = 0;
    const failing = retrying(() => Promise.reject(new Error(`no ${++tries}`)), { ...quick, retryable: () => false });
    await expect(failing).rejects.toThrow('no 1');
  });

  it('stops waiting at once when aborted', async () => {
    const abort = new AbortController();
    const failing = retrying(() => Promise.reject(new Error('down')), {
      initialMs: 3_600_000,
      maxMs: 3_600_000,
      signal: abort.signal,
      onRetry: () => abort.abort(),
    });
    await expect(failing).rejects.toThrow('down');
  });
});
