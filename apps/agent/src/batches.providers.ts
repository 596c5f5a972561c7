import { ConfigSource } from '@aet/config';
import { BatchDesk, ClaudeBatches } from '@aet/executors';
import { RpcClient } from '@aet/messaging';
import { DrainSequence, HealthBoard, ServiceIdentity } from '@aet/service-kit';
import { Log } from '@aet/telemetry';
import type { Provider } from '@nestjs/common';
import { FleetBatches } from './adapters/fleet-batches.js';
import { RunOwner } from './adapters/run-owner.js';
import { BatchTimer } from './transport/batch.timer.js';

/** Longer than the SDK waits for the answer to a batch that is handed in (10 min). Milliseconds. */
const LISTED_AFTER_MS = 900_000;

export const BATCH_PROVIDERS: Provider[] = [
  {
    provide: FleetBatches,
    inject: [RpcClient, ServiceIdentity],
    useFactory: (rpc: RpcClient, { instance }: ServiceIdentity) => new FleetBatches(rpc, instance),
  },
  {
    provide: BatchTimer,
    inject: [ConfigSource, FleetBatches, RunOwner, ServiceIdentity, HealthBoard, DrainSequence, Log],
    useFactory: (
      { config }: ConfigSource,
      clerk: FleetBatches,
      owner: RunOwner,
      { cell, host, instance }: ServiceIdentity,
      health: HealthBoard,
      drain: DrainSequence,
      log: Log,
    ) => {
      const { anthropic, batch, prices } = config.models;
      const never = new AbortController().signal;
      const desk = new BatchDesk({
        provider: new ClaudeBatches(anthropic),
        clerk,
        report: (result) => owner.report(result, cell, never),
        me: { cell, host, instance },
        prices,
        pollMs: batch.pollMs,
        listedAfterMs: LISTED_AFTER_MS,
        now: () => Date.now(),
      });
      const does = batch.enabled && anthropic.apiKeyFile !== '';
      return new BatchTimer(does ? desk : undefined, batch.tickMs, health, drain, log.for('BatchTimer'));
    },
  },
];
