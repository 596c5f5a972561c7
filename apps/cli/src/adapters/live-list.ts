import type { WriteStream } from 'node:tty';

/** Beyond that a terminal flickers. */
const MIN_REDRAW_MS = 80;

/**
 * A few lines at the end of the terminal that are drawn again in place. Lines that stay are printed above them with `print`.
 * Not for a pipe: see `isLive`.
 */
export class LiveList {
  private drawn = 0;
  private lines: readonly string[] = [];
  private lastAt = 0;

  constructor(private readonly out: WriteStream) {}

  static isLive = (stream: NodeJS.WriteStream): boolean =>
    stream.isTTY && process.env['TERM'] !== 'dumb' && process.env['CI'] === undefined;

  show(lines: readonly string[]): void {
    this.lines = lines;
    const now = performance.now();
    if (now - this.lastAt < MIN_REDRAW_MS) return;
    this.lastAt = now;
    this.draw();
  }

  print(line: string): void {
    this.erase();
    this.out.write(`${line}\n`);
    this.draw();
  }

  /** Leaves the last picture standing. */
  end(): void {
    this.draw();
    this.drawn = 0;
    this.lines = [];
  }

  private draw(): void {
    this.erase();
    // A line that wraps would be two to erase; the last column stays empty, where some terminals wrap early.
    const width = Math.max(20, (this.out.columns || 80) - 1);
    const room = Math.max(1, (this.out.rows || 24) - 1);
    const shown = this.lines.slice(-room).map((line) => clipped(line, width));
    this.out.write(shown.map((line) => `${line}\n`).join(''));
    this.drawn = shown.length;
  }

  private erase(): void {
    if (this.drawn > 0) this.out.write(`\u001b[${this.drawn}A\u001b[0J`);
    this.drawn = 0;
  }
}

const characters = new Intl.Segmenter();

/** Without control characters: what a test program prints must not steer the terminal. */
function clipped(line: string, width: number): string {
  const plain = line.replaceAll(/\p{Cc}/gu, ' ');
  if (plain.length <= width) return plain;
  return Array.from(characters.segment(plain), ({ segment }) => segment)
    .slice(0, width)
    .join('');
}
