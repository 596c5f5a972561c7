/** Characters that count as much as one element: copying and comparing text is that much cheaper than looking at values. */
const CHARACTERS_PER_UNIT = 16;

/** What one evaluation may do: one unit for each step, each element that it looks at or makes, and each 16 characters. It bounds time and memory at once. */
export class Budget {
  private spent = 0;

  constructor(private readonly limit: number) {}

  /** @throws when the evaluation has done enough */
  spend(units: number): void {
    this.spent += units;
    if (this.spent > this.limit)
      throw new Error(`it takes more than ${this.limit} steps to evaluate: select less, or compute it in a task`);
  }
  spendText(characters: number): void {
    this.spend(1 + characters / CHARACTERS_PER_UNIT);
  }
}
