import { LiveList } from './live-list.js';

/** Results go to standard output, everything about the way there to standard error: a pipe gets the results alone. */
export class ConsoleOutput {
  private readonly list = LiveList.isLive(process.stderr) ? new LiveList(process.stderr) : undefined;

  get live(): boolean {
    return this.list !== undefined;
  }
  result(text: string): void {
    process.stdout.write(`${text}\n`);
  }
  json(value: unknown): void {
    process.stdout.write(`${JSON.stringify(value, undefined, 2)}\n`);
  }
  readonly note = (line: string): void => {
    if (this.list === undefined) process.stderr.write(`${line}\n`);
    else this.list.print(line);
  };
  /** Lines that are drawn again in place, in a terminal. */
  show(lines: readonly string[]): void {
    this.list?.show(lines);
  }
  endShow(): void {
    this.list?.end();
  }
}
