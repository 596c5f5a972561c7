import { DeadlinePassed, ResourceExhausted } from '@aet/contracts';
import { forecastMs, learn, NO_ESTIMATE, shedding } from '@aet/resilience';
import { NOT_BEGUN } from './verdict.js';

/** What a responder knows of one of its methods. */
export interface MethodLoad {
  inHand: number;
  /** How long a request that comes now would take, in milliseconds. Absent before the first. */
  expectedMs?: number;
  /** Requests refused because their answer would have come too late. */
  shed: number;
}

/** Refuses requests of one method that could not be answered before their deadline, by what those before them took. */
export class LoadShedder {
  private estimate = NO_ESTIMATE;
  private inHand = 0;
  private shed = 0;

  /**
   * A request comes. Returns its place: how many are in hand with it.
   * @param remainingMs how long its caller waits
   * @throws {ResourceExhausted} with less in hand there would be time
   * @throws {DeadlinePassed} not even then
   */
  enter(remainingMs: number): number {
    const place = this.inHand + 1;
    const verdict = shedding(this.estimate, place, remainingMs);
    if (verdict !== 'admit') {
      this.shed += 1;
      throw this.refusal(verdict, place, remainingMs);
    }
    this.inHand = place;
    return place;
  }

  /** The request was answered, or not: `tookMs` is learnt from unless it is undefined. */
  leave(place: number, tookMs: number | undefined): void {
    this.inHand -= 1;
    if (tookMs !== undefined) this.estimate = learn(this.estimate, place, tookMs);
  }

  get load(): MethodLoad {
    const { inHand, shed, estimate } = this;
    const expected = estimate.samples === 0 ? {} : { expectedMs: Math.round(forecastMs(estimate, inHand + 1) * 10) / 10 };
    return { inHand, shed, ...expected };
  }

  private refusal(verdict: 'overloaded' | 'too-short', place: number, remainingMs: number): Error {
    const expectedMs = Math.round(forecastMs(this.estimate, place));
    const details = { details: { ...NOT_BEGUN, expectedMs } };
    const told = `the answer would take about ${expectedMs} ms and its caller waits ${Math.round(remainingMs)} ms more, so the request was not begun`;
    if (verdict === 'too-short') return new DeadlinePassed(`${told}: give it more time`, details);
    return new ResourceExhausted(`${told}: ${place - 1} others are in hand; wait and try again`, details);
  }
}
