/** Passes on at most one line in `intervalMs` and says how many it left out; a test run may print thousands in a second. */
export class ThrottledLines {
  private last = -Infinity;
  private skipped = 0;

  constructor(
    private readonly emit: (line: string) => void,
    private readonly now: () => number,
    private readonly intervalMs = 250,
  ) {}

  add(line: string): void {
    if (line.trim() === '') return;
    if (this.now() - this.last < this.intervalMs) {
      this.skipped++;
      return;
    }
    this.emit(`${line.slice(0, 500)}${this.skipped > 0 ? ` (+${this.skipped} lines)` : ''}`);
    this.last = this.now();
    this.skipped = 0;
  }
}
