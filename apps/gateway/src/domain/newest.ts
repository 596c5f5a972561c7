/** A queue of bounded length for news that is worth less with age: when it is full, the oldest goes and is counted. */
export class Newest<T> {
  private items: T[] = [];
  private missed = 0;

  constructor(private readonly capacity: number) {}

  push(item: T): void {
    if (this.items.length >= this.capacity) {
      this.items.shift();
      this.missed += 1;
    }
    this.items.push(item);
  }

  /** Everything, and how many went before they could be taken. Empties both. */
  drain(): { items: T[]; missed: number } {
    const drained = { items: this.items, missed: this.missed };
    this.items = [];
    this.missed = 0;
    return drained;
  }
}
