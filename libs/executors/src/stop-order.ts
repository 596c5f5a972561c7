/** Why an attempt is told to end; the first reason counts. */
export type StopReason =
  /** The host gives it up: drain, or its message is lost. */
  | 'host'
  /** Nobody waits for it any more. */
  | 'unwanted'
  /** It took longer than it may. */
  | 'timeout'
  /** It gave no sign of life for longer than it may. */
  | 'silence';

export interface Limits {
  /** Aborted by the host: drain, or the message is lost. */
  host: AbortSignal;
  /** Aborted when nobody waits for the attempt any more. */
  unwanted?: AbortSignal;
  timeoutMs: number;
  /** Longest time between two signs of life. Absent: any. */
  heartbeatMs?: number;
}

/** Tells an executor when to end. */
export class StopOrder implements Disposable {
  private readonly controller = new AbortController();
  private readonly timeout: NodeJS.Timeout;
  private readonly silence: NodeJS.Timeout | undefined;
  private readonly listening: { signal: AbortSignal; listener: () => void }[] = [];
  reason: StopReason | undefined;

  constructor({ host, unwanted, timeoutMs, heartbeatMs }: Limits) {
    this.timeout = setTimeout(() => this.give('timeout'), timeoutMs);
    if (heartbeatMs !== undefined) this.silence = setTimeout(() => this.give('silence'), heartbeatMs);
    this.follow(host, 'host');
    if (unwanted !== undefined) this.follow(unwanted, 'unwanted');
  }

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  /** A sign of life. */
  heard(): void {
    if (this.reason === undefined) this.silence?.refresh();
  }

  [Symbol.dispose](): void {
    clearTimeout(this.timeout);
    clearTimeout(this.silence);
    for (const { signal, listener } of this.listening) signal.removeEventListener('abort', listener);
  }

  private follow(signal: AbortSignal, reason: StopReason): void {
    if (signal.aborted) return this.give(reason);
    const listener = (): void => this.give(reason);
    signal.addEventListener('abort', listener, { once: true });
    this.listening.push({ signal, listener });
  }

  private give(reason: StopReason): void {
    if (this.reason !== undefined) return;
    this.reason = reason;
    this.controller.abort();
  }
}
