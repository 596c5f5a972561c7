import { ErrorCode, RemoteError } from '@aet/contracts';

/** A clock that was wrong may be set right: what was learnt is forgotten after so long, and learnt again at the cost of one more message. */
const KEEP_MS = 600_000;

/**
 * How far this clock is behind those of whoever answers. A deadline is a time, so that a process whose clock is behind would see all its calls
 * refused: their deadlines have passed before they arrive. Such a refusal tells the other's clock, and it comes when by the clock here
 * there is time left, which tells that the clocks differ. A clock that is ahead does no harm: its callers give up by themselves.
 */
export class ClockOffset {
  private offsetMs = 0;
  private keptUntil = 0;

  /** @param monotonic milliseconds */
  constructor(private readonly monotonic: () => number = () => performance.now()) {}

  /** To be added to deadlines. */
  get behindMs(): number {
    if (this.offsetMs > 0 && this.monotonic() >= this.keptUntil) this.offsetMs = 0;
    return this.offsetMs;
  }

  /**
   * Whether the refusal of a call is the clock's fault, so that it can be sent once more: nothing was begun.
   * @param deadline of the call, by the clock here; unix milliseconds
   * @param now by the clock here
   */
  explains(error: unknown, deadline: number | undefined, now: number): boolean {
    if (!(error instanceof RemoteError) || error.code !== ErrorCode.DeadlinePassed || error.notBegunAt === undefined)
      return false;
    if (deadline === undefined || deadline <= now || error.notBegunAt < deadline) return false;
    this.offsetMs = Math.max(this.behindMs, error.notBegunAt - now);
    this.keptUntil = this.monotonic() + KEEP_MS;
    return true;
  }
}
