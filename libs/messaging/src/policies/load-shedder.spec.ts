import { describe, expect, it } from 'vitest';
import { LoadShedder } from './load-shedder.js';

/** A method behind one resource: each request waits for those before it, 50 ms each. */
function trained(): LoadShedder {
  const shedder = new LoadShedder();
  for (let round = 0; round < 10; round++) {
    const places = Array.from({ length: 10 }, () => shedder.enter(Infinity));
    for (const place of places) shedder.leave(place, 50 * place);
  }
  return shedder;
}
const codeOf = (action: () => unknown): unknown => {
  try {
    return action();
  } catch (error) {
    return (error as { code: string }).code;
  }
};

describe('load shedding', () => {
  it('takes as many as can be answered in time, and says why it refuses the rest', () => {
    const shedder = trained();
    const answers = Array.from({ length: 30 }, () => codeOf(() => shedder.enter(500)));
    const admitted = answers.filter((answer) => typeof answer === 'number').length;
    expect(admitted).toBeGreaterThanOrEqual(8);
    expect(admitted).toBeLessThanOrEqual(14);
    expect(answers.at(-1)).toBe('RESOURCE_EXHAUSTED');
    expect(shedder.load).toMatchObject({ inHand: admitted, shed: 30 - admitted });
  });

  it('says when the time would not be enough for a request alone either', () => {
    const shedder = trained();
    shedder.enter(Infinity);
    expect(codeOf(() => shedder.enter(1))).toBe('DEADLINE_PASSED');
  });

  it('refuses no request without a deadline', () => {
    const shedder = trained();
    for (let place = 1; place <= 1_000; place++) expect(shedder.enter(Infinity)).toBe(place);
  });

  it('learns nothing from a request that failed', () => {
    const shedder = new LoadShedder();
    shedder.leave(shedder.enter(Infinity), undefined);
    expect(shedder.load).toEqual({ inHand: 0, shed: 0 });
  });
});
