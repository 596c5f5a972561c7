import { ServiceName, type StopNotice } from '@aet/contracts';
import { Logger } from '@nestjs/common';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { NatsStopNotices } from '../src/index.js';
import { LeakCheck, eventually } from '../src/testing/index.js';
import { GuardedCell } from './guarded-cell.js';
import { serverBinaries } from './server-binaries.js';

const leaks = new LeakCheck();
beforeAll(() => leaks.begin());
afterAll(() => leaks.end());
Logger.overrideLogger(false);

const notice = (runId: string): StopNotice => ({ runId, at: '2026-01-01T00:00:00.000Z' });

it.each(await serverBinaries())(
  'hosts hear the orchestrator of their cell, and nobody else may say it: nats-server $version',
  async ({ path }) => {
    await using cell = await GuardedCell.start(path);
    const [orchestrator, host, other] = await Promise.all([
      cell.as(ServiceName.Orchestrator),
      cell.as(ServiceName.Agent),
      cell.as(ServiceName.Km),
    ]);
    const heard: string[] = [];
    const subscription = new NatsStopNotices(host, 'default').onStop(({ runId }) => heard.push(runId));
    const says = (link: typeof host) => new NatsStopNotices(link, 'default');
    await eventually(() => {
      says(orchestrator).publish(notice('r1'), 'c1');
      return heard.includes('r1');
    }, 'the host hears it');
    for (const link of [host, other]) says(link).publish(notice('forged'), 'c1');
    says(orchestrator).publish(notice('of-another-cell'), 'c2');
    await eventually(() => {
      says(orchestrator).publish(notice('r2'), 'c1');
      return heard.includes('r2');
    }, 'the host hears what came later');
    expect(new Set(heard)).toEqual(new Set(['r1', 'r2']));
    await subscription.close();
  },
);
