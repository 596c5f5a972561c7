import { ConfigSource } from '@aet/config';
import { PostgresRunChildren, PostgresRunTimers, RunChildren, RunLog, RunTimers, ServiceDatabase } from '@aet/persistence';
import { DrainSequence, ServiceIdentity } from '@aet/service-kit';
import { Log } from '@aet/telemetry';
import type { Provider } from '@nestjs/common';
import { surroundings } from './adapters/surroundings.js';
import { TIMER_METRICS, TimerMetrics } from './adapters/timer-metrics.js';
import { EndChildren } from './application/end-children.js';
import { ExpireRuns } from './application/expire-runs.js';
import { LaunchChildren } from './application/launch-children.js';
import { RecordReadiness } from './application/ports.js';
import { RunStore } from './application/run-store.js';
import { TendChildren } from './application/tend-children.js';
import { TickRuns } from './application/tick-runs.js';
import { ChildWatch } from './transport/child.watch.js';
import { RunClock } from './transport/run-clock.js';

const timers: Provider[] = [
  ...TIMER_METRICS,
  {
    provide: RunTimers,
    inject: [ServiceDatabase],
    useFactory: ({ pool }: ServiceDatabase) => new PostgresRunTimers(pool),
  },
  {
    provide: TickRuns,
    inject: [RunTimers, RunStore, ServiceIdentity, Log, TimerMetrics],
    useFactory: (table: RunTimers, store: RunStore, { cell }: ServiceIdentity, log: Log, metrics: TimerMetrics) =>
      new TickRuns(table, store, surroundings, cell, log, metrics.happened),
  },
  {
    provide: RunClock,
    inject: [RunLog, TickRuns, ExpireRuns, RecordReadiness, DrainSequence, Log],
    useFactory: (runs: RunLog, tick: TickRuns, expire: ExpireRuns, record: RecordReadiness, drain: DrainSequence, log: Log) =>
      new RunClock(runs, tick, expire, record, drain, log),
  },
];

const children: Provider[] = [
  {
    provide: RunChildren,
    inject: [ServiceDatabase],
    useFactory: ({ pool }: ServiceDatabase) => new PostgresRunChildren(pool),
  },
  {
    provide: EndChildren,
    inject: [RunStore, RunChildren],
    useFactory: (store: RunStore, table: RunChildren) => new EndChildren(store, table, surroundings),
  },
  {
    provide: LaunchChildren,
    inject: [RunStore, RunLog, EndChildren, ServiceIdentity],
    useFactory: (store: RunStore, log: RunLog, ends: EndChildren, { cell }: ServiceIdentity) =>
      new LaunchChildren(store, log, ends, surroundings, cell),
  },
  {
    provide: TendChildren,
    inject: [RunChildren, LaunchChildren, EndChildren, Log],
    useFactory: (table: RunChildren, launch: LaunchChildren, ends: EndChildren, log: Log) =>
      new TendChildren(table, launch, ends, surroundings, log),
  },
  {
    provide: ChildWatch,
    inject: [RunLog, RunStore, LaunchChildren, EndChildren, TendChildren, RecordReadiness, DrainSequence, ConfigSource, Log],
    useFactory: (
      runs: RunLog,
      store: RunStore,
      launch: LaunchChildren,
      ends: EndChildren,
      tend: TendChildren,
      record: RecordReadiness,
      drain: DrainSequence,
      { config }: ConfigSource,
      log: Log,
    ) => new ChildWatch(runs, { store, launch, ends, tend }, record, drain, config.runs.sweepMs, log),
  },
];

/** What happens in runs beside the tasks of hosts: what waits for its time, and sub-runs. */
export const RUN_DUTY_PROVIDERS: Provider[] = [...timers, ...children];
