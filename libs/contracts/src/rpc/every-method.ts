import { AgentRpc } from './agent.js';
import { ApprovalRpc } from './approvals.js';
import { BatchRpc } from './batches.js';
import { CellRpc } from './cells.js';
import { EffectRpc } from './effects.js';
import { HubRpc } from './hub.js';
import { KmRpc } from './km.js';
import type { RpcMethod } from './method.js';
import { OrchestratorRpc } from './orchestrator.js';
import { DlqRpc, QueueRpc } from './queue.js';
import { RecordRpc } from './record.js';
import { RegistryRpc } from './registry.js';
import { CacheRpc } from './result-cache.js';
import { RunsRpc } from './run-operations.js';
import { ScheduleRpc } from './schedules.js';

/** Every method of the fleet: what a configuration may name as a target. */
export const RPC_METHODS: readonly RpcMethod[] = [
  AgentRpc,
  ApprovalRpc,
  BatchRpc,
  CacheRpc,
  CellRpc,
  DlqRpc,
  EffectRpc,
  HubRpc,
  KmRpc,
  OrchestratorRpc,
  QueueRpc,
  RecordRpc,
  RegistryRpc,
  RunsRpc,
  ScheduleRpc,
].flatMap((methods): RpcMethod[] => Object.values(methods));
