/** So many samples are remembered: enough for a 95th percentile, few enough to follow a change within as many calls. */
const SIZE = 128;
/** Sorting again after each sample would cost more than it tells. */
const SAMPLES_PER_SORT = 16;

/** How long recent calls took, and a quantile of that. No clock and no effect: the same samples give the same answers. Milliseconds. */
export class LatencyWindow {
  private readonly samples = new Float64Array(SIZE);
  private count = 0;
  private sorted: Float64Array | undefined;
  private staleness = 0;

  add(tookMs: number): void {
    this.samples[this.count % SIZE] = tookMs;
    this.count += 1;
    this.staleness += 1;
  }

  /** Samples so far. */
  get size(): number {
    return this.count;
  }

  /**
   * The value that a share `p` of the samples does not exceed, of the newest 128 or up to 15 before them. Undefined without a sample.
   * @param p in `(0, 1]`
   */
  quantile(p: number): number | undefined {
    if (this.count === 0) return undefined;
    if (this.sorted === undefined || this.staleness >= SAMPLES_PER_SORT) {
      this.sorted = this.samples.subarray(0, Math.min(this.count, SIZE)).toSorted();
      this.staleness = 0;
    }
    return this.sorted[Math.max(Math.ceil(p * this.sorted.length) - 1, 0)];
  }
}
