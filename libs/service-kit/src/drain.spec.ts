import { expect, it } from 'vitest';
import { OrderedDrain } from './drain.js';

const stage = (name: string, order: string[]) => ({ name, run: async () => void order.push(name) });

it('runs the stages in their order, the steps of one side by side, and goes on after a failure', async () => {
  const drain = new OrderedDrain();
  const order: string[] = [];
  const failed: string[] = [];
  let release = (): void => undefined;
  const held = new Promise<void>((resolve) => (release = resolve));
  drain.on('stop-intake', async () => {
    await held;
    order.push('slow intake');
  });
  drain.on('stop-intake', async () => {
    order.push('quick intake');
    release();
    await Promise.resolve();
  });
  drain.on('finish', () => Promise.reject(new Error('no')));
  drain.on('finish', async () => void order.push('finish'));
  expect(drain.draining).toBe(false);
  const kit = {
    before: [stage('readiness', order)],
    between: [stage('requests', order)],
    after: [stage('lease', order), stage('link', order)],
  };
  const running = drain.run(kit, (name) => failed.push(name));
  expect(drain.draining).toBe(true);
  expect(drain.run(kit, () => undefined)).toBe(running);
  await running;
  expect(order).toEqual(['readiness', 'quick intake', 'slow intake', 'requests', 'finish', 'lease', 'link']);
  expect(failed).toEqual(['finish']);
});
