import {
  AetError,
  isRunEnded,
  OrchestratorRpc,
  type RpcMethod,
  RunsRpc,
  type RunStatus,
  RunStatus as Status,
} from '@aet/contracts';
import type { NatsRpcClient } from '@aet/messaging';
import { setTimeout as sleep } from 'node:timers/promises';
import { APPROVAL, SIGNAL, type SoakRun } from './workload.ts';

/** A run and how it ended. */
export interface Ended {
  run: SoakRun;
  runId: string;
  status: RunStatus;
}

const CALL_MS = 4_000;
const AGAIN_MS = 200;
/** An end that was told while nobody listened is found by asking. Milliseconds. */
const ASK_MS = 5_000;
/** After the submit, what is done to a run: before, while and after it is wanted. Milliseconds. */
const ACT_WITHIN_MS = 3_000;

/** Carries out one run after the other, as a patient client: what has no answer is said again. */
export class Lane {
  private readonly rpc: NatsRpcClient;
  private readonly ends: ReadonlyMap<string, RunStatus>;
  private readonly random: () => number;

  /** @param ends what was heard of runs that ended */
  constructor(rpc: NatsRpcClient, ends: ReadonlyMap<string, RunStatus>, random: () => number) {
    this.rpc = rpc;
    this.ends = ends;
    this.random = random;
  }

  async carryOut(run: SoakRun): Promise<Ended> {
    const { runId } = await this.insist(OrchestratorRpc.submit, {
      document: run.document,
      idempotencyKey: run.id,
      submittedBy: 'soak',
    });
    await this.act(run, runId);
    return { run, runId, status: await this.end(runId) };
  }

  private async act({ id, act }: SoakRun, runId: string): Promise<void> {
    if (act === undefined) return;
    await sleep(this.random() * ACT_WITHIN_MS);
    const word = { runId, by: 'soak' };
    if (act === 'signal') {
      // Twice, with one id: it counts once.
      await this.insist(RunsRpc.signal, { ...word, name: SIGNAL, id });
      await this.insist(RunsRpc.signal, { ...word, name: SIGNAL, id }, ['CONFLICT']);
    } else if (act === 'approve') await this.insist(RunsRpc.approve, { ...word, step: APPROVAL }, [], ['CONFLICT', 'NOT_FOUND']);
    else if (act === 'cancel') await this.insist(RunsRpc.cancel, word, ['CONFLICT']);
    else if (act === 'prioritize') await this.insist(RunsRpc.prioritize, { ...word, priority: 'high' }, ['CONFLICT']);
    else {
      await this.insist(RunsRpc.pause, word, ['CONFLICT']);
      await sleep(this.random() * ACT_WITHIN_MS);
      await this.insist(RunsRpc.resume, word, ['CONFLICT']);
    }
  }

  private async end(runId: string): Promise<RunStatus> {
    for (let asked = performance.now(); ; await sleep(AGAIN_MS)) {
      const heard = this.ends.get(runId);
      if (heard !== undefined) return heard;
      if (performance.now() - asked < ASK_MS) continue;
      asked = performance.now();
      const { status } = await this.insist(OrchestratorRpc.get, { runId });
      if (isRunEnded(status)) return status;
    }
  }

  /** Until it is answered. @param done codes that say that it is too late for it @param early codes that say that it is too early */
  private async insist<Req extends object, Res>(
    method: RpcMethod<Req, Res>,
    request: Req,
    done: readonly string[] = [],
    early: readonly string[] = [],
  ): Promise<Res> {
    for (;;) {
      try {
        return await this.rpc.call(method, request, { timeoutMs: CALL_MS });
      } catch (error) {
        if (!(error instanceof AetError)) throw error;
        if (done.includes(error.code)) return undefined as Res;
        if (!error.retryable && error.code !== 'DEADLINE_PASSED' && !early.includes(error.code)) throw error;
        await sleep(AGAIN_MS);
      }
    }
  }
}

/** What the types of ends say. */
export const endOf: Readonly<Record<string, RunStatus>> = {
  'run.completed': Status.Completed,
  'run.failed': Status.Failed,
  'run.cancelled': Status.Cancelled,
};
