import type { RecordFinding } from '@aet/contracts';
import { type ChainEnd, eventHash, GENESIS, type LinkedEvent } from '../hash-chain.js';
import type { ScannedHead } from '../rebuild/run-scan.js';

/** Follows the chain of one run, and goes on behind a fault: each event that is not what was written is named. */
export class ChainCheck {
  private end: ChainEnd = { sequence: 0, hash: GENESIS };
  /** The hash before the next event is not known: it was lost, or cannot be read. */
  private gap = false;
  private faults = 0;

  constructor(
    private readonly runId: string,
    private readonly head: ScannedHead | undefined,
    private readonly found: (finding: RecordFinding) => void,
  ) {}

  /** Whether what the run's events say can be believed. */
  get sound(): boolean {
    return this.faults === 0;
  }

  /** Whether the event is what was written. */
  take(event: LinkedEvent): boolean {
    const before = this.faults;
    const expected = this.end.sequence + 1;
    if (event.sequence > expected) this.lost(expected, event.sequence - 1);
    if (event.sequence < expected) this.say('added', event.sequence, 'stands there twice');
    else if (event.sequence > (this.head?.sequence ?? 0)) this.say('added', event.sequence, 'stands behind the end of its run');
    else if (eventHash(event.prevHash, event) !== event.hash) this.say('changed', event.sequence, 'is not what was written');
    else if (!this.gap && event.prevHash !== this.end.hash) {
      this.say('changed', event.sequence, 'does not follow the one before');
    }
    this.gap = false;
    this.end = { sequence: event.sequence, hash: event.hash };
    return this.faults === before;
  }

  /** Events up to there cannot be read: somebody else says why. */
  skip(to: number): void {
    this.faults++;
    this.gap = true;
    this.end = { sequence: to, hash: '' };
  }

  finish(): void {
    if (this.head === undefined) return;
    const { sequence, hash } = this.head;
    if (this.end.sequence < sequence) this.lost(this.end.sequence + 1, sequence);
    else if (this.end.sequence === sequence && !this.gap && this.end.hash !== hash && this.sound) {
      this.say('changed', sequence, 'is not the one that the head of the run names');
    }
  }

  private lost(from: number, to: number): void {
    this.say('lost', from, from === to ? 'is not there' : `and those up to ${to} are not there`);
    this.gap = true;
  }

  private say(kind: RecordFinding['kind'], sequence: number, what: string): void {
    this.faults++;
    const message = `event ${sequence} of run ${this.runId} ${what}`;
    this.found({ what: 'event', kind, message, runId: this.runId, sequence });
  }
}
