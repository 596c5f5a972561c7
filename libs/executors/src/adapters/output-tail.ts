/** Keeps the last bytes of a stream and nothing else. */
export class OutputTail {
  private chunks: Buffer[] = [];
  private held = 0;
  private seen = 0;

  constructor(private readonly capacity: number) {}

  /** Whether there was more than is kept. */
  get truncated(): boolean {
    return this.seen > this.capacity;
  }

  add(chunk: Buffer): void {
    this.seen += chunk.length;
    if (this.capacity === 0) return;
    this.chunks.push(chunk);
    this.held += chunk.length;
    while (this.chunks.length > 1 && this.held - (this.chunks[0]?.length ?? 0) >= this.capacity) {
      this.held -= this.chunks.shift()?.length ?? 0;
    }
  }

  text(): string {
    return this.capacity === 0 ? '' : Buffer.concat(this.chunks).subarray(-this.capacity).toString('utf8');
  }
}
