import type { PayloadRef } from '@aet/contracts';

/** Of all large values at hand together, as JSON. */
const BYTES = 64 * 1024 * 1024;

/** Large values that decisions looked into, by their checksum. The oldest go when there is no room: whoever needs them loads them again. */
export class LoadedPayloads extends Map<string, unknown> {
  private readonly sizes = new Map<string, number>();
  private bytes = 0;

  constructor(private readonly most = BYTES) {
    super();
  }

  keep({ $payload: { sha256, bytes } }: PayloadRef, value: unknown): void {
    this.drop(sha256);
    this.set(sha256, value);
    this.sizes.set(sha256, bytes);
    this.bytes += bytes;
    for (const oldest of this.sizes.keys()) {
      if (this.bytes <= this.most || oldest === sha256) return;
      this.drop(oldest);
    }
  }

  private drop(sha256: string): void {
    if (!this.delete(sha256)) return;
    this.bytes -= this.sizes.get(sha256) ?? 0;
    this.sizes.delete(sha256);
  }
}
