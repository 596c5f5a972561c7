/**
 * What the next renewal writes: what the holder's function says, or the value that replaced it by `update`
 * for as long as the function keeps saying the same as before.
 */
export class RenewedValue<T> {
  private lastAsked: string;
  private current: T;

  constructor(private readonly ask: () => T) {
    this.current = ask();
    this.lastAsked = JSON.stringify(this.current);
  }

  replace(value: T): void {
    this.lastAsked = JSON.stringify(this.ask());
    this.current = value;
  }

  next(): T {
    const asked = this.ask();
    const text = JSON.stringify(asked);
    if (text !== this.lastAsked) {
      this.lastAsked = text;
      this.current = asked;
    }
    return this.current;
  }
}
