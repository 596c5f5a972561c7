import { ServiceName } from '@aet/contracts';
import { Logger } from '@nestjs/common';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { JetStreamWorkConsumers, JetStreamWorkQueue } from '../src/index.js';
import { LeakCheck, eventually, taskFor } from '../src/testing/index.js';
import { GuardedCell } from './guarded-cell.js';
import { serverBinaries } from './server-binaries.js';

const leaks = new LeakCheck();
beforeAll(() => leaks.begin());
afterAll(() => leaks.end());
Logger.overrideLogger(false);

const identity = { namespace: 'default', cell: 'c1', host: 'h1', instance: 'one-1' };
const lane = { capability: 'alpha', priority: 'normal' } as const;

it.each(await serverBinaries())(
  'a task that no host has is withdrawn once, one that a host has never: nats-server $version',
  async ({ path }) => {
    await using cell = await GuardedCell.start(path);
    const queue = new JetStreamWorkQueue(await cell.as(ServiceName.Orchestrator), identity);
    const give = async (step: string) => (await queue.publish(taskFor(step), step)).sequence;

    const unknown = (await queue.publish(taskFor('unknown', { capability: 'alhpa' }), 'unknown')).sequence;
    expect(await queue.withdraw({ ...lane, capability: 'alhpa' }, unknown)).toBe('withdrawn');
    expect(await queue.withdraw({ ...lane, capability: 'alhpa' }, unknown)).toBe('gone');
    const busy = await give('busy');
    let release = (): void => undefined;
    const released = new Promise<void>((resolve) => (release = resolve));
    const taken: string[] = [];
    const consumers = new JetStreamWorkConsumers(await cell.as(ServiceName.Agent), {
      ...identity,
      ackWaitMs: 5_000,
      workingMs: 500,
    });
    const host = await consumers.tasks({
      cell: 'c1',
      capabilities: ['alpha'],
      slots: 1,
      handler: async ({ message }) => {
        taken.push(message.step);
        await released;
        return { kind: 'done' };
      },
    });
    await eventually(() => taken.includes('busy'), 'the host has the first');
    const waiting = await give('waiting');
    const left = await give('left');
    expect(await queue.withdraw(lane, busy)).toBe('taken');
    const tries = await Promise.all(Array.from({ length: 4 }, () => queue.withdraw(lane, waiting)));
    expect(tries.toSorted((a, b) => a.localeCompare(b))).toEqual(['gone', 'gone', 'gone', 'withdrawn']);
    expect(await queue.withdraw(lane, waiting)).toBe('gone');
    release();
    await eventually(() => taken.includes('left'), 'the host has the last');
    expect(taken).toEqual(['busy', 'left']);
    expect(await queue.withdraw(lane, left)).toBe('taken');
    await host.drain(1_000);
  },
);
