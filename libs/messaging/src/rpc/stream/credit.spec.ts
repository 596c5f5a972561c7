import { expect, it } from 'vitest';
import { Credit, parseCredit } from './credit.js';

it('lets as many through as were granted', async () => {
  const credit = new Credit(2);
  credit.spend();
  credit.spend();
  expect(credit.open).toBe(false);
  const more = credit.more();
  credit.grant(1);
  await more;
  expect(credit.open).toBe(true);
});

it('does not wake up for nothing', async () => {
  const credit = new Credit(0);
  let woken = false;
  const more = credit.more().then(() => (woken = true));
  credit.grant(0);
  await Promise.resolve();
  expect(woken).toBe(false);
  credit.grant(3);
  expect(await more).toBe(true);
});

it.each(['1', '64', '999999999'])('reads %s', (text) => expect(parseCredit(text)).toBe(Number(text)));
it.each(['', '0', '-1', '1.5', '1e3', ' 1', '10000000000', 'many'])('does not read "%s"', (text) =>
  expect(parseCredit(text)).toBeUndefined(),
);
