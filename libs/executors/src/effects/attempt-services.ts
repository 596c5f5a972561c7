import type { TaskMessage } from '@aet/contracts';
import { randomUUID } from 'node:crypto';
import type { AttemptServices, ExecutionServices } from '../domain/executor.js';
import { NO_LEDGER } from './effect.js';
import { performEffect } from './perform-effect.js';

/** What the fleet offers, for one execution of one attempt: its effects are claimed in its name. */
export function attemptServices(
  services: ExecutionServices,
  task: TaskMessage,
  agent: string,
  signal: AbortSignal,
): AttemptServices {
  const { runId, step, item, attempt, cell, epoch } = task;
  const ref = { runId, step, ...(item === undefined ? {} : { item }), attempt, cell, epoch, agent };
  return {
    ingest: (...given) => services.ingest(...given),
    search: (...given) => services.search(...given),
    putArtifact: (...given) => services.putArtifact(...given),
    defer: (provider, request) =>
      services.batches === undefined || task.deadline === undefined
        ? Promise.resolve({ state: 'single' })
        : services.batches.defer(task, agent, provider, request),
    effect: (key, hooks) => performEffect(services.effects ?? NO_LEDGER, { ...ref, key, claimant: randomUUID() }, hooks, signal),
  };
}
