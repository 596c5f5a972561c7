/**
 * What a host knows of the server's clock, without trusting its own: the server's stamps, each with when it came here on the monotonic clock.
 * `now` is never ahead of the server by more than a stamp's rounding; after the server's clock was set back it is, until the next own write.
 */
export class ServerClock {
  /** Server's unix milliseconds minus ours, at least. */
  private offset = -Infinity;

  /**
   * A stamp was seen.
   * @param sentAt when the write that got it was asked for, for an own write: the stamp cannot be older
   */
  learn(stamp: number, knownAt: number, sentAt?: number): void {
    this.offset = Math.max(this.offset, stamp - knownAt);
    if (sentAt !== undefined) this.offset = Math.min(this.offset, stamp + 1 - sentAt);
  }

  /** 0 before the first stamp. */
  at(monotonic: number): number {
    return this.offset === -Infinity ? 0 : monotonic + this.offset;
  }
}
