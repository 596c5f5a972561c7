import { Cancelled, DeadlinePassed } from '@aet/contracts';
import { TimeLimits } from './time-limits.js';
import { Timed } from './timer-wheel.js';

/** One request that is being answered, as far as its end is concerned. Nothing is made for a handler that never asks for the signal. */
export class CallInHand extends Timed {
  private controller: AbortController | undefined;
  private over: Error | undefined;

  /**
   * @param reply where the answer goes; empty when nobody wants one
   * @param deadline unix milliseconds
   */
  constructor(
    private readonly limits: TimeLimits,
    readonly reply: string,
    private readonly deadline: number | undefined,
  ) {
    super();
  }

  /** Whether an answer would reach nobody. */
  get cancelled(): boolean {
    return this.over instanceof Cancelled;
  }

  /** Aborted when the caller waits no longer: it said so, or the deadline has passed. */
  get signal(): AbortSignal {
    if (this.controller === undefined) {
      this.controller = new AbortController();
      if (this.over !== undefined) this.controller.abort(this.over);
      else if (this.deadline !== undefined) this.limits.add(this, performance.now() + this.deadline - Date.now());
    }
    return this.controller.signal;
  }

  /** The first reason counts. */
  abort(reason: Error): void {
    if (this.over !== undefined) return;
    this.over = reason;
    this.limits.remove(this);
    this.controller?.abort(reason);
  }

  override expire(): void {
    this.abort(new DeadlinePassed('the deadline passed while the request was being answered'));
  }
}

/** The requests of a server that are being answered, found by where their answer goes. */
export class CallsInHand {
  readonly limits = new TimeLimits();
  private readonly byReply = new Map<string, CallInHand>();
  private readonly waiters: (() => void)[] = [];
  private count = 0;

  get size(): number {
    return this.count;
  }

  begin(reply: string, deadline: number | undefined): CallInHand {
    const call = new CallInHand(this.limits, reply, deadline);
    this.count += 1;
    if (reply !== '') this.byReply.set(reply, call);
    return call;
  }

  end(call: CallInHand): void {
    this.limits.remove(call);
    // A plain client may have used one inbox for two requests: the later one stays.
    if (call.reply !== '' && this.byReply.get(call.reply) === call) this.byReply.delete(call.reply);
    this.count -= 1;
    if (this.count === 0) for (const resolve of this.waiters.splice(0)) resolve();
  }

  /** Nothing happens for a call that is unknown or answered: the word may come late, twice, or be meant for another instance. */
  cancel(reply: string): void {
    this.byReply.get(reply)?.abort(new Cancelled('the caller waits no longer'));
  }

  /** Resolves when nothing is in hand. */
  idle(): Promise<void> {
    return this.count === 0 ? Promise.resolve() : new Promise((resolve) => void this.waiters.push(resolve));
  }
}
