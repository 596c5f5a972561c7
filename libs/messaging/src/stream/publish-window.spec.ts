import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PublishWindow } from './publish-window.js';

describe('window of publishes', () => {
  it('lets in no more than its bounds, in order, and everybody in the end', async () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 60 });
    await fc.assert(
      fc.asyncProperty(sizes, async (bytes) => {
        const window = new PublishWindow(4, 100);
        const inside: number[] = [];
        const entered: number[] = [];
        const wait = bytes.map(async (size, index) => {
          await window.enter(size);
          inside.push(size);
          entered.push(index);
          expect(inside.length).toBeLessThanOrEqual(4);
          expect(inside.reduce((sum, one) => sum + one, 0)).toBeLessThanOrEqual(100);
          await Promise.resolve();
          inside.splice(inside.indexOf(size), 1);
          window.leave(size);
        });
        await Promise.all(wait);
        expect(entered).toEqual(bytes.map((_, index) => index));
      }),
    );
  });

  it('takes one that is larger than the window when nothing else is in it', () => {
    const window = new PublishWindow(4, 100);
    expect(window.enter(1_000)).toBeUndefined();
    expect(window.enter(1)).toBeInstanceOf(Promise);
  });
});
