import { hash } from 'node:crypto';

/** What the stream has of one event. */
export interface IndexedFact {
  /** Of its content. */
  digest: number;
  /** Of the message, modulo 2^32. */
  streamSequence: number;
  /** The log has it, too. */
  matched: boolean;
}

const FULL = 0.6;

/**
 * Facts by run and sequence, 17 bytes each: a stream holds millions. Open addressing with linear probing; a key is the first 64 bits of a hash,
 * so two facts of a million share one with a probability of 10^-8.
 */
export class FactIndex {
  private high = new Uint32Array(1 << 16);
  private low = new Uint32Array(1 << 16);
  private digests = new Uint32Array(1 << 16);
  private sequences = new Uint32Array(1 << 16);
  /** 0 free, 1 taken, 2 matched. */
  private states = new Uint8Array(1 << 16);
  private count = 0;

  get size(): number {
    return this.count;
  }

  get unmatched(): number {
    let unmatched = 0;
    for (const state of this.states) if (state === 1) unmatched++;
    return unmatched;
  }

  find(id: string): IndexedFact | undefined {
    const at = this.place(...keyOf(id));
    return this.states[at] === 0
      ? undefined
      : { digest: this.digests[at] ?? 0, streamSequence: this.sequences[at] ?? 0, matched: this.states[at] === 2 };
  }

  match(id: string): void {
    this.states[this.place(...keyOf(id))] = 2;
  }

  /** The first of an id stays. */
  add(id: string, digest: number, streamSequence: number): void {
    if (this.count > this.states.length * FULL) this.grow();
    this.put(...keyOf(id), digest, streamSequence, 1);
  }

  private put(high: number, low: number, digest: number, streamSequence: number, state: number): void {
    const at = this.place(high, low);
    if (this.states[at] !== 0) return;
    this.high[at] = high;
    this.low[at] = low;
    this.digests[at] = digest;
    this.sequences[at] = streamSequence;
    this.states[at] = state;
    this.count++;
  }

  private place(high: number, low: number): number {
    const mask = this.states.length - 1;
    let at = (high ^ low) & mask;
    while (this.states[at] !== 0 && (this.high[at] !== high || this.low[at] !== low)) at = (at + 1) & mask;
    return at;
  }

  private grow(): void {
    const { high, low, digests, sequences, states } = this;
    const size = states.length * 2;
    [this.high, this.low] = [new Uint32Array(size), new Uint32Array(size)];
    [this.digests, this.sequences, this.states] = [new Uint32Array(size), new Uint32Array(size), new Uint8Array(size)];
    this.count = 0;
    for (let at = 0; at < states.length; at++) {
      const state = states[at] ?? 0;
      if (state !== 0) this.put(high[at] ?? 0, low[at] ?? 0, digests[at] ?? 0, sequences[at] ?? 0, state);
    }
  }
}

function keyOf(id: string): [number, number] {
  const bytes = hash('sha1', id, 'buffer');
  return [bytes.readUInt32LE(0), bytes.readUInt32LE(4)];
}

/** 32 bits: enough to see that a message is not what it was. */
export const digestOf = (type: string, time: string, data: unknown): number =>
  hash('sha1', `${type} ${Date.parse(time)} ${JSON.stringify(data)}`, 'buffer').readUInt32LE(0);
