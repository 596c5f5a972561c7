import { expect, it } from 'vitest';
import { RequestsInHand } from './requests-in-hand.js';

it('is idle when the last request has left', async () => {
  const inHand = new RequestsInHand();
  await inHand.idle(60_000);
  inHand.enter();
  inHand.enter();
  let idle = false;
  const waiting = inHand.idle(60_000).then(() => (idle = true));
  inHand.leave();
  await Promise.resolve();
  expect(idle).toBe(false);
  inHand.leave();
  await waiting;
  expect(inHand.active).toBe(0);
});

it('waits no longer than it is told', async () => {
  const inHand = new RequestsInHand();
  inHand.enter();
  await inHand.idle(5);
  expect(inHand.active).toBe(1);
});
