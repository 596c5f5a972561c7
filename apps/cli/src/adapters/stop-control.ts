import { ExitCode } from '../commands/command-context.js';
import { StopSignals } from '../domain/stop-signals.js';
import { whenReaderIsLost } from './lost-reader.js';

/** What can be stopped in order, and killed. */
export interface Stoppable {
  kill(): void;
  readonly ended: Promise<unknown>;
}

/** A fleet that was killed is gone after that; if not, the next start ends what is left. Milliseconds. */
const KILL_WAIT_MS = 3_000;
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Ctrl-C and its like, for a process that holds a fleet. The first asks for an orderly stop; the second kills all and exits with 130. */
export class StopControl {
  private readonly controller = new AbortController();
  private readonly signals = new StopSignals();

  constructor(
    private readonly fleet: Stoppable,
    private readonly say: (line: string) => void,
  ) {
    for (const signal of SIGNALS) process.on(signal, this.receive);
    // Who started us is gone: nobody is left to press Ctrl-C.
    if (process.connected) {
      process.once('disconnect', this.receive);
      process.channel?.unref();
    }
    whenReaderIsLost(() => this.controller.abort());
  }

  /** Aborted when a stop is wished. */
  get signal(): AbortSignal {
    return this.controller.signal;
  }
  get requested(): boolean {
    return this.controller.signal.aborted;
  }
  /** Resolves when a stop is wished. */
  wished(): Promise<void> {
    return new Promise((resolve) => {
      if (this.requested) resolve();
      else this.controller.signal.addEventListener('abort', () => resolve(), { once: true });
    });
  }

  private readonly receive = (): void => {
    const wish = this.signals.receive(performance.now());
    if (wish === 'stop') {
      this.say('stopping; Ctrl-C again kills at once');
      this.controller.abort();
    } else if (wish === 'kill') {
      this.fleet.kill();
      const exit = (): never => process.exit(ExitCode.Interrupted);
      setTimeout(exit, KILL_WAIT_MS);
      void this.fleet.ended.then(exit);
    }
  };
}
