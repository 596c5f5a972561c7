import { ResourceExhausted, type StreamFill } from '@aet/contracts';

/** From this share on no new run is accepted: what was accepted still has to go through the stream. */
const FULL = 0.95;
/** Below this share runs are accepted again: not at every message that goes. */
const ROOM = 0.9;

/** Whether the streams of work have room for more. Told by whoever looks at them, and by whoever was refused. */
export class WorkRoom {
  /** Streams without room, with what is known of them. */
  private readonly full = new Map<string, StreamFill>();

  get isFull(): boolean {
    return this.full.size > 0;
  }

  noted(streams: readonly StreamFill[]): void {
    for (const fill of streams) {
      const share = shareOf(fill);
      if (share >= FULL) this.full.set(fill.stream, fill);
      else if (share < ROOM) this.full.delete(fill.stream);
      else if (this.full.has(fill.stream)) this.full.set(fill.stream, fill);
    }
  }

  /** The stream refused a message: it is full, however it looked a moment ago. */
  refused(stream: string): void {
    if (!this.full.has(stream)) this.full.set(stream, { stream, messages: 0, bytes: 0, maxBytes: 0 });
  }

  /** @throws {ResourceExhausted} */
  assertRoom(): void {
    const [fill] = this.full.values();
    if (fill === undefined) return;
    const figures = fill.maxBytes === 0 ? '' : ` (${Math.round(shareOf(fill) * 100)} % of ${fill.maxBytes} bytes)`;
    throw new ResourceExhausted(
      `the stream ${fill.stream} has no room for more work${figures}: submit again when hosts have done some; see \`aet queue ls\`, ` +
        'add hosts, resume what is paused, or raise work.maxBytes',
      { details: { stream: fill.stream, bytes: fill.bytes, maxBytes: fill.maxBytes } },
    );
  }
}

/** 0 to 1; a stream without a bound is never full. */
export const shareOf = ({ bytes, maxBytes }: StreamFill): number => (maxBytes === 0 ? 0 : bytes / maxBytes);
