import { admission, bulkheadNext, type BulkheadPolicy, type BulkheadState, EMPTY_BULKHEAD } from '@aet/resilience';

/** The calls of one target that run and those that wait for their turn, first come, first served. */
export class BulkheadLine {
  private state = EMPTY_BULKHEAD;
  private readonly line: (() => void)[] = [];

  constructor(private readonly policy: BulkheadPolicy) {}

  get load(): Readonly<BulkheadState> {
    return this.state;
  }

  /** Takes a place where there is one. `wait`: ask for it with `turn`. `refuse`: nothing changed. */
  enter(): 'run' | 'wait' | 'refuse' {
    const verdict = admission(this.state, this.policy);
    if (verdict === 'run') this.state = bulkheadNext(this.state, 'enter', this.policy);
    return verdict;
  }

  /** Waits for a place, after `enter` said so and before anything else happened. Who does not get one has not to leave. */
  turn(limitMs: number, signal: AbortSignal | undefined): Promise<'run' | 'late' | 'aborted'> {
    if (signal?.aborted === true) return Promise.resolve('aborted');
    this.state = bulkheadNext(this.state, 'enter', this.policy);
    return new Promise((resolve) => {
      const end = (how: 'run' | 'late' | 'aborted'): void => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', aborted);
        if (how !== 'run') this.giveUp(run);
        resolve(how);
      };
      const run = (): void => end('run');
      const aborted = (): void => end('aborted');
      const timer = setTimeout(() => end('late'), limitMs);
      signal?.addEventListener('abort', aborted, { once: true });
      this.line.push(run);
    });
  }

  /** The call ended; the next in line runs. */
  leave(): void {
    this.state = bulkheadNext(this.state, 'leave', this.policy);
    this.line.shift()?.();
  }

  private giveUp(run: () => void): void {
    this.line.splice(this.line.indexOf(run), 1);
    this.state = bulkheadNext(this.state, 'give-up', this.policy);
  }
}
