import type { CapabilityControl, Decision, RateLimit } from '@aet/contracts';

/**
 * An operator's word on the capabilities of a cell. It is durable, and every host of the cell acts on it within moments: what runs is finished,
 * nothing new is taken while a capability is paused, and no more begin than its rate allows.
 */
export abstract class QueueControl {
  abstract list(): Promise<ReadonlyMap<string, CapabilityControl>>;
  abstract pause(capability: string, decision: Decision): Promise<CapabilityControl>;
  abstract resume(capability: string): Promise<CapabilityControl>;
  /** @param limit `configured`: no word on it, as the configuration has it */
  abstract setRate(
    capability: string,
    limit: RateLimit | 'unlimited' | 'configured',
    decision: Decision,
  ): Promise<CapabilityControl>;
}
