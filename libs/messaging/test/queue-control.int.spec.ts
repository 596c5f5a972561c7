import { Bucket } from '@aet/contracts';
import { Logger } from '@nestjs/common';
import { jetstreamManager } from '@nats-io/jetstream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectionOf } from '../src/connection/nats-link.js';
import { JetStreamQueueInspector, NatsKeyValueStores } from '../src/index.js';
import { LeakCheck, eventually, taskFor } from '../src/testing/index.js';
import { QueueCell, operator, rate } from './queue-cell.js';
import { serverBinaries } from './server-binaries.js';

const leaks = new LeakCheck();
beforeAll(() => leaks.begin());
afterAll(() => leaks.end());

Logger.overrideLogger(false);

describe.each(await serverBinaries())('operators and the queue of a cell on nats-server $version', ({ path }) => {
  it('counts the tasks for which no host has an agent', async () => {
    await using cell = await QueueCell.start(path);
    await cell.publish(taskFor('known'));
    await cell.publish(taskFor('misspelt', { capability: 'alhpa' }));
    const lanes = await new JetStreamQueueInspector(cell.link, 'default').lanes();
    expect(lanes.filter(({ waiting }) => waiting > 0)).toEqual([
      expect.not.objectContaining({ unserved: true }),
      { capability: 'alhpa', priority: 'normal', waiting: 1, inHand: 0, redelivered: 0, unserved: true },
    ]);
  });

  it('takes nothing new of a paused capability on any host, finishes what runs, and goes on when it is resumed', async () => {
    await using cell = await QueueCell.start(path);
    const begun: string[] = [];
    let finish = (): void => undefined;
    const firstEnds = new Promise<void>((resolve) => (finish = resolve));
    const handler = async ({ message }: { message: { step: string } }) => {
      begun.push(message.step);
      if (message.step === 'first') await firstEnds;
      return { kind: 'done' } as const;
    };
    await cell.host({ handler });
    await cell.publish(taskFor('first'));
    await eventually(() => begun.includes('first'), 'it runs');

    await cell.control.pause('alpha', { ...operator, reason: 'the model is down' });
    // A host that starts later knows it from the bucket.
    await cell.host({ handler });
    await cell.publish(taskFor('second'));
    await cell.publish(taskFor('other', { capability: 'beta' }));
    await eventually(() => begun.includes('other'), 'the other capability goes on');
    finish();
    await eventually(async () => (await cell.held()) === 1, 'what ran was finished, and only the paused task is left');
    expect(begun).toEqual(['first', 'other']);
    expect((await cell.control.list()).get('alpha')?.paused).toMatchObject({ by: 'operator', reason: 'the model is down' });

    await cell.nats.kill();
    await cell.nats.restart();
    await eventually(() => cell.link.status === 'connected', 'the server is back');
    expect((await cell.control.list()).get('alpha')?.paused?.by).toBe('operator');
    await cell.control.resume('alpha');
    await eventually(() => begun.includes('second'), 'it goes on');
    await eventually(async () => (await cell.held()) === 0, 'all is done');
  });

  it('takes nothing before it knows what is paused', async () => {
    await using cell = await QueueCell.start(path);
    const begun: string[] = [];
    await cell.publish(taskFor('early'));
    const jsm = await jetstreamManager(connectionOf(cell.link));
    const { config } = await jsm.streams.info('KV_QUEUE_c1');
    await jsm.streams.delete('KV_QUEUE_c1');
    const host = await cell.host({ handler: async ({ message }) => (begun.push(message.step), { kind: 'done' }) });
    await connectionOf(host.link).flush();
    expect(begun).toEqual([]);
    await jsm.streams.add(config);
    await eventually(() => begun.length === 1, 'it begins when the bucket is there');
  });

  it('begins no more than the rate of a capability on all hosts together, and follows a change', async () => {
    await using cell = await QueueCell.start(path);
    const begun: number[] = [];
    const others: number[] = [];
    const handler = async ({ message }: { message: { capability: string } }) => {
      (message.capability === 'alpha' ? begun : others).push(performance.now());
      return { kind: 'done' } as const;
    };
    const limit = rate(20, 6);
    for (let index = 0; index < 3; index++) await cell.host({ handler, rates: { alpha: limit } });
    for (let index = 0; index < 30; index++) await cell.publish(taskFor(`limited-${index}`));
    for (let index = 0; index < 20; index++) await cell.publish(taskFor(`free-${index}`, { capability: 'beta' }));
    await eventually(() => others.length === 20, 'the capability without a rate is not held up');
    await eventually(() => begun.length === 30, 'all begin in the end', 30_000);
    for (let first = 0; first < begun.length; first++) {
      for (let last = first + 1; last < begun.length; last++) {
        // One more: the clock is read a moment after the permit was looked at.
        const seconds = ((begun[last] ?? 0) - (begun[first] ?? 0)) / 1_000;
        expect(last - first + 1).toBeLessThanOrEqual(seconds * limit.perSecond + limit.burst + 1);
      }
    }

    await cell.control.setRate('alpha', rate(0.001, 1), operator);
    for (let index = 0; index < 20; index++) await cell.publish(taskFor(`slow-${index}`));
    await cell.control.setRate('alpha', 'unlimited', operator);
    await eventually(() => begun.length === 50, 'an operator lifts the limit', 30_000);
  });

  it('keeps the words of two operators that come at once', async () => {
    await using cell = await QueueCell.start(path);
    await Promise.all([
      cell.control.pause('alpha', operator),
      cell.control.setRate('alpha', rate(5, 2), operator),
      cell.control.pause('be@ta', operator),
    ]);
    const controls = await cell.control.list();
    expect(controls.get('alpha')).toMatchObject({ paused: operator, rate: { limit: rate(5, 2) } });
    expect(controls.get('be@ta')?.paused).toEqual(operator);
    expect(await cell.control.setRate('alpha', 'configured', operator)).toEqual({ paused: operator });
    const store = new NatsKeyValueStores(cell.link, { namespace: 'default', cell: 'c1' }).open(Bucket.Queue);
    expect((await store.list()).map(({ key }) => key).toSorted()).toEqual(['control.alpha', 'control.be=40ta']);
  });
});
