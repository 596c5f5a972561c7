import { BatchRpc } from './batches.js';
import { EffectRpc } from './effects.js';
import type { RpcMethod } from './method.js';
import { OrchestratorRpc } from './orchestrator.js';
import { CacheRpc } from './result-cache.js';

/**
 * What a host of agents asks the orchestrator while it does a task. An operator's words are not among them: a program that a task runs must not
 * approve what the run asks a person for.
 */
export const HOST_METHODS: readonly RpcMethod[] = [
  OrchestratorRpc.attempt,
  EffectRpc.claim,
  EffectRpc.done,
  EffectRpc.release,
  CacheRpc.find,
  CacheRpc.take,
  CacheRpc.keep,
  BatchRpc.add,
  BatchRpc.lease,
  BatchRpc.requests,
  BatchRpc.tell,
  BatchRpc.settle,
];
