export interface FailedLoginPolicy {
  /** Wrong secrets that one address may try at once. */
  burst: number;
  /** Milliseconds after which one more is allowed. */
  refillMs: number;
}

interface Record {
  /** Wrong secrets that count now; falls by one every `refillMs`. */
  level: number;
  at: number;
  lastWrong: string;
}

/** Addresses remembered at once. Beyond it the longest quiet one is forgotten: memory stays bounded under a flood. */
const MAX_ADDRESSES = 10_000;

/**
 * Counts wrong secrets by address, as a leaking bucket. The same wrong secret again in a row counts once: a program that
 * was left running with an old token must not lock out the person beside it, while somebody who guesses sends new ones.
 */
export class FailedLogins {
  private readonly records = new Map<string, Record>();

  constructor(private readonly policy: FailedLoginPolicy) {}

  /** Milliseconds until the address may try again; 0: now. */
  waitMs(address: string, now: number): number {
    const record = this.records.get(address);
    if (record === undefined) return 0;
    const excess = this.levelOf(record, now) - (this.policy.burst - 1);
    return excess <= 0 ? 0 : Math.ceil(excess * this.policy.refillMs);
  }

  /** @param wrong a digest of what was presented, never the thing itself */
  failed(address: string, wrong: string, now: number): void {
    const record = this.records.get(address);
    if (record?.lastWrong === wrong) return;
    const level = record === undefined ? 0 : this.levelOf(record, now);
    this.records.delete(address);
    this.records.set(address, { level: level + 1, at: now, lastWrong: wrong });
    this.forgetOldest();
  }

  private levelOf(record: Record, now: number): number {
    return Math.max(0, record.level - (now - record.at) / this.policy.refillMs);
  }

  private forgetOldest(): void {
    if (this.records.size <= MAX_ADDRESSES) return;
    const [oldest] = this.records.keys();
    if (oldest !== undefined) this.records.delete(oldest);
  }
}
