import { Logger } from '@nestjs/common';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LeakCheck, eventually, taskFor } from '../src/testing/index.js';
import { QueueCell } from './queue-cell.js';
import { serverBinaries } from './server-binaries.js';

const leaks = new LeakCheck();
beforeAll(() => leaks.begin());
afterAll(() => leaks.end());

Logger.overrideLogger(false);

describe.each(await serverBinaries())('tasks that come again, and tasks for later, on nats-server $version', ({ path }) => {
  it('does a task once that is published again beyond the memory of the server', async () => {
    await using cell = await QueueCell.start(path);
    const done: string[] = [];
    const asked: string[] = [];
    const handler = async ({ message }: { message: { step: string } }) => {
      done.push(message.step);
      return { kind: 'done' } as const;
    };
    const settled = async ({ step }: { step: string }) => (asked.push(step), step === 'known');
    const first = await cell.host({ handler, settled });
    const task = taskFor('here');
    await cell.queue.publish(task, 'first id');
    await eventually(() => done.length === 1, 'it is done');
    // Under an id that the server does not know: as if its two minutes were over.
    await cell.queue.publish({ ...task, repeated: true }, 'second id');
    await eventually(async () => (await cell.held()) === 0, 'its copy is gone');
    expect([done, asked]).toEqual([['here'], []]);

    // Another host has no memory of it, and asks the owner.
    await first[Symbol.asyncDispose]();
    await cell.host({ handler, settled });
    await cell.queue.publish(taskFor('known', { repeated: true }), 'third id');
    await cell.queue.publish(taskFor('unknown', { repeated: true }), 'fourth id');
    await eventually(async () => (await cell.held()) === 0, 'both are gone');
    expect([done, asked.toSorted()]).toEqual([
      ['here', 'unknown'],
      ['known', 'unknown'],
    ]);
  });

  it('keeps a delayed task until its time, over a restart of the server and another host, and takes others meanwhile', async () => {
    await using cell = await QueueCell.start(path);
    const begun = new Map<string, number>();
    const handler = async ({ message }: { message: { step: string } }) => {
      begun.set(message.step, Date.now());
      return { kind: 'done' } as const;
    };
    const first = await cell.host({ handler, slots: 1 });
    const due = Date.now() + 2_000;
    await cell.publish(taskFor('later', { notBefore: new Date(due).toISOString() }));
    await cell.publish(taskFor('now'));
    await eventually(() => begun.has('now'), 'the other one is not held up');
    await first[Symbol.asyncDispose]();
    await cell.nats.kill();
    await cell.nats.restart();
    await cell.host({ handler, slots: 1 });
    await eventually(() => begun.has('later'), 'it begins');
    expect(begun.get('later')).toBeGreaterThanOrEqual(due);
    await eventually(async () => (await cell.held()) === 0, 'all is done');
  });

  it('refuses a task that would wait in the queue for long', async () => {
    await using cell = await QueueCell.start(path);
    const far = taskFor('far', { notBefore: new Date(Date.now() + 3_600_000).toISOString() });
    await expect(cell.publish(far)).rejects.toMatchObject({
      code: 'VALIDATION_FAILED',
      message: expect.stringContaining('orchestrator'),
    });
    expect(await cell.held()).toBe(0);
  });
});
