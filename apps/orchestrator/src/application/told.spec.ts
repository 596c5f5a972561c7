import { expect, it } from 'vitest';
import { told } from './told.js';

async function read<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

it('gives all that is told, in order, and the result last', async () => {
  const work = async (tell: (item: number) => void): Promise<number> => {
    tell(1);
    await Promise.resolve();
    tell(2);
    return 3;
  };
  expect(await read(told(work))).toEqual([1, 2, 3]);
});

it('ends as the work does, behind what was told', async () => {
  const seen: number[] = [];
  const items = told<number>(async (tell) => {
    tell(1);
    throw new Error('broken');
  });
  await expect(
    (async () => {
      for await (const item of items) seen.push(item);
    })(),
  ).rejects.toThrow('broken');
  expect(seen).toEqual([1]);
});

it('calls the work off when nobody reads any more', async () => {
  let calledOff = false;
  const items = told<number>(async (tell, signal) => {
    tell(1);
    await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
    calledOff = true;
    return 2;
  });
  for await (const item of items) if (item === 1) break;
  expect(calledOff).toBe(true);
});
