import {
  type CapabilityControl,
  type CapabilityView,
  type Decision,
  Priority,
  type QueueView,
  type RateCapability,
  type RateLimit,
  ValidationFailed,
  leastBurst,
  rateLimitOf,
} from '@aet/contracts';
import type { LaneDepth, QueueControl, QueueInspector } from '@aet/messaging';
import type { Auditor } from './ports.js';

/** What an operator sees and says of the capabilities of this cell. */
export class ManageQueue {
  constructor(
    private readonly control: QueueControl,
    private readonly inspector: QueueInspector,
    private readonly cell: string,
    /** By capability, as configured. */
    private readonly configured: Readonly<Record<string, RateLimit>>,
    private readonly audit: Auditor,
    private readonly now: () => Date,
  ) {}

  async view(): Promise<QueueView> {
    const [lanes, controls, streams] = await Promise.all([this.inspector.lanes(), this.control.list(), this.inspector.fill()]);
    const byCapability = Map.groupBy(lanes, ({ capability }) => capability);
    // What is paused or limited before its first agent came has no consumers yet.
    const names = new Set([...byCapability.keys(), ...controls.keys(), ...Object.keys(this.configured)]);
    const capabilities = [...names]
      .toSorted()
      .map((name) => this.capability(name, byCapability.get(name) ?? [], controls.get(name) ?? {}));
    return { cell: this.cell, capabilities, streams };
  }

  async pause(capability: string, by: string, reason?: string): Promise<CapabilityView> {
    const decision = this.decision(by, reason);
    await this.audit.record('queue.paused', { capability, ...decision });
    return this.after(capability, await this.control.pause(capability, decision));
  }

  async resume(capability: string, by: string, reason?: string): Promise<CapabilityView> {
    await this.audit.record('queue.resumed', { capability, ...this.decision(by, reason) });
    return this.after(capability, await this.control.resume(capability));
  }

  async setRate(request: RateCapability, by: string): Promise<CapabilityView> {
    const { capability, reason } = request;
    const [limit, decision] = [wishOf(request), this.decision(by, reason)];
    await this.audit.record('queue.rate-set', { capability, limit, ...decision });
    return this.after(capability, await this.control.setRate(capability, limit, decision));
  }

  private async after(capability: string, control: CapabilityControl): Promise<CapabilityView> {
    const lanes = (await this.inspector.lanes()).filter((lane) => lane.capability === capability);
    return this.capability(capability, lanes, control);
  }

  private decision(by: string, reason: string | undefined): Decision {
    return { by, at: this.now().toISOString(), ...(reason === undefined ? {} : { reason }) };
  }

  private capability(capability: string, lanes: readonly LaneDepth[], { paused, rate }: CapabilityControl): CapabilityView {
    const sum = (of: (lane: LaneDepth) => number): number => lanes.reduce((total, lane) => total + of(lane), 0);
    const waiting = (priority: Priority): number => sum((lane) => (lane.priority === priority ? lane.waiting : 0));
    return {
      capability,
      waiting: {
        critical: waiting(Priority.Critical),
        high: waiting(Priority.High),
        normal: waiting(Priority.Normal),
        low: waiting(Priority.Low),
      },
      inHand: sum((lane) => lane.inHand),
      redelivered: sum((lane) => lane.redelivered),
      ...(lanes.some((lane) => lane.unserved === true) ? { unserved: true } : {}),
      ...(paused === undefined ? {} : { paused }),
      ...rateView(rate?.limit, this.configured[capability]),
    };
  }
}

function rateView(
  said: RateLimit | 'unlimited' | undefined,
  configured: RateLimit | undefined,
): Pick<CapabilityView, 'rate'> | object {
  if (said === 'unlimited' || (said === undefined && configured === undefined)) return {};
  return said === undefined ? { rate: { ...configured, from: 'configuration' } } : { rate: { ...said, from: 'operator' } };
}

/** @throws {ValidationFailed} both or neither are given, or the burst is too small to be used */
function wishOf({ perSecond, burst, rule }: RateCapability): RateLimit | 'unlimited' | 'configured' {
  if ((perSecond === undefined) === (rule === undefined)) {
    const message = 'give either perSecond, or the rule "unlimited" or "configured"';
    throw new ValidationFailed(message, [{ path: 'perSecond', rule: 'oneOf', message }]);
  }
  if (rule !== undefined) return rule;
  const limit = rateLimitOf({ perSecond: perSecond ?? 0, ...(burst === undefined ? {} : { burst }) });
  if (limit.burst < leastBurst(limit.perSecond)) {
    const message = `a rate of ${limit.perSecond} per second needs a burst of at least ${leastBurst(limit.perSecond)}`;
    throw new ValidationFailed(message, [{ path: 'burst', rule: 'min', message }]);
  }
  return limit;
}
