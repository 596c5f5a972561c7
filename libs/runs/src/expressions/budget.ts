import { DECISION_LIMIT, EVALUATION_LIMIT } from '../run/limits.js';

/** Characters that count as much as one element: copying and comparing text is that much cheaper than looking at values. */
const CHARACTERS_PER_UNIT = 16;

/** What may be done: one unit for each step, each element that is looked at or made, and each 16 characters. It bounds time and memory at once. */
export class Budget {
  private spent = 0;

  /** @param above that is spent as well */
  constructor(
    private readonly limit: number,
    private readonly above?: Budget,
    private readonly whose = 'it takes',
  ) {}

  /** @throws when enough has been done. Then it begins anew: what ends a run because of it needs a little as well. */
  spend(units: number): void {
    this.above?.spend(units);
    this.spent += units;
    if (this.spent <= this.limit) return;
    this.spent = 0;
    throw new Error(`${this.whose} more than ${this.limit} steps to evaluate: select less, or compute it in a task`);
  }
  spendText(characters: number): void {
    this.spend(1 + characters / CHARACTERS_PER_UNIT);
  }
}

/** Of the decision that is being made. Decisions are made at one go, so there is one at most. */
let decision: Budget | undefined;

/** What one expression, or all of one template together, may do. */
export const evaluationBudget = (): Budget => new Budget(EVALUATION_LIMIT, decision);

/** Makes a decision: all expressions in it share one budget, as a thousand steps may become ready at once. */
export function withinBudget<T>(decide: () => T): T {
  const before = decision;
  decision = new Budget(DECISION_LIMIT, undefined, 'all expressions of one decision together take');
  try {
    return decide();
  } finally {
    decision = before;
  }
}
