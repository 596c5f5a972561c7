/** When requests leave together. Times in milliseconds. */
export interface BatchPolicy {
  /** The provider's limits of one batch. */
  maxRequests: number;
  maxBytes: number;
  /** It leaves when nothing was added for so long. */
  quietMs: number;
  /** It leaves when the earliest deadline is this near: what a batch usually takes. A request with less is made by itself. */
  leadMs: number;
  /** A request without a result is made by itself when its deadline is this near. */
  singleLeadMs: number;
}

/** The requests that wait for a batch, as one pile. Times are unix milliseconds. */
export interface WaitingPile {
  requests: number;
  bytes: number;
  earliestDeadline: number;
  lastAdded: number;
}

/** Why the pile leaves now; undefined: it waits for company. */
export function reasonToLeave(pile: WaitingPile, policy: BatchPolicy, now: number): 'full' | 'deadline' | 'quiet' | undefined {
  if (pile.requests === 0) return undefined;
  if (pile.requests >= policy.maxRequests || pile.bytes >= policy.maxBytes) return 'full';
  if (pile.earliestDeadline - now <= policy.leadMs) return 'deadline';
  return now - pile.lastAdded >= policy.quietMs ? 'quiet' : undefined;
}
