import { AetError, ErrorCode, type EffectClaim, EffectRpc, type Performer } from '@aet/contracts';
import type { EffectClaims, EffectRef } from '@aet/executors';
import type { RpcClient } from '@aet/messaging';
import { retrying } from '@aet/resilience';

/** Of one call; it is repeated while the attempt lasts. Milliseconds. */
const CALL_MS = 3_000;
const AGAIN = { initialMs: 100, maxMs: 2_000 };

/** The ledger of effects in the cell that owns the run. Every word may be said twice, so an answer that did not come is asked for again. */
export class FleetEffects implements EffectClaims {
  constructor(
    private readonly rpc: RpcClient,
    private readonly me: Omit<Performer, 'agent'>,
  ) {}

  claim({ cell, agent, ...ref }: EffectRef, signal: AbortSignal, instead?: string): Promise<EffectClaim> {
    const request = { ...ref, by: { ...this.me, agent }, ...(instead === undefined ? {} : { instead }) };
    return this.patiently((timeoutMs) => this.rpc.call(EffectRpc.claim, request, { cell, timeoutMs, signal }), signal);
  }

  async done({ cell, agent: _agent, ...ref }: EffectRef, result: unknown, signal: AbortSignal, instead?: string): Promise<void> {
    const request = { ...ref, result, ...(instead === undefined ? {} : { instead }) };
    await this.patiently((timeoutMs) => this.rpc.call(EffectRpc.done, request, { cell, timeoutMs, signal }), signal);
  }

  async release({ cell, agent: _agent, ...ref }: EffectRef, signal: AbortSignal): Promise<void> {
    await this.patiently((timeoutMs) => this.rpc.call(EffectRpc.release, ref, { cell, timeoutMs, signal }), signal);
  }

  private patiently<T>(ask: (timeoutMs: number) => Promise<T>, signal: AbortSignal): Promise<T> {
    return retrying(() => ask(CALL_MS), {
      ...AGAIN,
      signal,
      retryable: (error) => error instanceof AetError && (error.retryable || error.code === ErrorCode.DeadlinePassed),
    });
  }
}
