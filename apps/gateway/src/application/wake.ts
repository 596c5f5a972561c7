/** Lets one loop sleep until there is something to do, the time is over, or it is told to stop. A call while nobody sleeps is remembered. */
export class Wake {
  private rung = false;
  private ring: (() => void) | undefined;

  call(): void {
    this.rung = true;
    this.ring?.();
  }

  /** Resolves with `called`, `timeout` or `aborted`, and leaves neither a timer nor a listener behind. */
  async sleep(ms: number, signal: AbortSignal): Promise<'called' | 'timeout' | 'aborted'> {
    if (!this.rung && !signal.aborted) await this.pause(ms, signal);
    if (signal.aborted) return 'aborted';
    if (!this.rung) return 'timeout';
    this.rung = false;
    return 'called';
  }

  private pause(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', done);
        this.ring = undefined;
        resolve();
      };
      const timer = setTimeout(done, ms);
      signal.addEventListener('abort', done);
      this.ring = done;
    });
  }
}
