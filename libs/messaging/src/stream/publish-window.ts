import type { NatsLink } from '../connection/nats-link.js';

/** Publishes of a link that may wait for their streams' answers together, and their bytes: more only fills the server's memory, and it begins to refuse. */
const MOST = 4_096;
const MOST_BYTES = 32 * 1024 * 1024;

const windows = new WeakMap<NatsLink, PublishWindow>();

/** The window of a link, whoever publishes over it. */
export function publishWindowOf(link: NatsLink): PublishWindow {
  const known = windows.get(link);
  if (known !== undefined) return known;
  const made = new PublishWindow(MOST, MOST_BYTES);
  windows.set(link, made);
  return made;
}

interface Waiter {
  bytes: number;
  enter: () => void;
}

/**
 * Back-pressure to producers: while the window is full the next wait for room, in order. Whoever entered leaves when it was answered or gave
 * up, which it does in bounded time, so waiting needs no timer.
 */
export class PublishWindow {
  private inFlight = 0;
  private bytesInFlight = 0;
  private readonly waiting: Waiter[] = [];
  private next = 0;

  constructor(
    private readonly most: number,
    private readonly mostBytes: number,
  ) {}

  /** Undefined: entered. Otherwise entered when it resolves. One message enters an empty window, however large it is. */
  enter(bytes: number): Promise<void> | undefined {
    if (this.next === this.waiting.length && this.fits(bytes)) {
      this.take(bytes);
      return undefined;
    }
    return new Promise((enter) => this.waiting.push({ bytes, enter }));
  }

  leave(bytes: number): void {
    this.inFlight--;
    this.bytesInFlight -= bytes;
    for (
      let waiter = this.waiting[this.next];
      waiter !== undefined && this.fits(waiter.bytes);
      waiter = this.waiting[this.next]
    ) {
      this.next++;
      this.take(waiter.bytes);
      waiter.enter();
    }
    if (this.next === this.waiting.length) this.waiting.length = this.next = 0;
  }

  private fits(bytes: number): boolean {
    return this.inFlight === 0 || (this.inFlight < this.most && this.bytesInFlight + bytes <= this.mostBytes);
  }
  private take(bytes: number): void {
    this.inFlight++;
    this.bytesInFlight += bytes;
  }
}
