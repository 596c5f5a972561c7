import { token } from './token.js';

/** How many tasks of a capability may begin in a cell, on all its hosts together. */
export interface RateLimit {
  perSecond: number;
  /** At once, after a quiet time; a whole number from 1. In any time window begin at most `perSecond` × its seconds + `burst`. */
  burst: number;
}

/** A burst below this share of a second's permits could not be used up: a host's claim of permits takes a round trip. */
const LEAST_BURST_SECONDS = 0.2;
/** The smallest burst that a rate can have. */
export const leastBurst = (perSecond: number): number => Math.max(1, Math.ceil(perSecond * LEAST_BURST_SECONDS));

/** A rate without a burst has that of one second. */
export const rateLimitOf = ({ perSecond, burst }: { perSecond: number; burst?: number }): RateLimit => ({
  perSecond,
  burst: burst ?? Math.max(1, Math.ceil(perSecond)),
});

/** What an operator told the hosts of a cell about one capability. Kept in the bucket `QUEUE`. */
export interface CapabilityControl {
  /** Present: nothing new is taken. */
  paused?: Decision;
  /** Wins over the configuration; `unlimited` also over a limit that stands there. Absent: as configured. */
  rate?: { limit: RateLimit | 'unlimited' } & Decision;
}
export interface Decision {
  by: string;
  /** RFC 3339. */
  at: string;
  reason?: string;
}

/**
 * Permits to begin that a host took for itself, as the bucket `QUEUE` has the latest of a capability. All times are the server's, in unix
 * milliseconds: the time of the write is part of the meaning, see `rate-limit.ts` of `@aet/messaging`.
 */
export interface PermitClaim {
  /** Theoretical arrival time before this claim. */
  tatMs: number;
  permits: number;
  periodMs: number;
}

/** Keys of the bucket `QUEUE`. A capability may have an `@`, which a key may not. */
export const QueueKey = {
  controls: 'control',
  permits: 'permits',
  control: (capability: string): string => `${QueueKey.controls}.${keyPart(capability)}`,
  permitsOf: (capability: string): string => `${QueueKey.permits}.${keyPart(capability)}`,
  /** What a key is about; nothing for a foreign one. */
  parse(key: string): { kind: 'control' | 'permits'; capability: string } | undefined {
    const [kind, part, ...rest] = key.split('.');
    if ((kind !== QueueKey.controls && kind !== QueueKey.permits) || part === undefined || rest.length > 0) return undefined;
    return { kind, capability: part.replaceAll('=40', '@') };
  },
} as const;

const keyPart = (capability: string): string => token(capability, 'capability').replaceAll('@', '=40');
