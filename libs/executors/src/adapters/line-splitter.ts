import { StringDecoder } from 'node:string_decoder';

/** Bytes of a line without an end that are kept: it must not grow for ever. */
const LONGEST_LINE = 256 * 1024;

/** Makes lines out of the chunks of an output. */
export class LineSplitter {
  private readonly decoder = new StringDecoder('utf8');
  private rest = '';

  constructor(private readonly onLine: (line: string) => void) {}

  add(chunk: Buffer): void {
    this.split(this.decoder.write(chunk));
  }

  /** The output is over: what stands there without a line end is a line too. */
  end(): void {
    this.split(this.decoder.end());
    if (this.rest !== '') this.onLine(this.rest);
    this.rest = '';
  }

  private split(text: string): void {
    const lines = (this.rest + text).split(/\r?\n/);
    this.rest = (lines.pop() ?? '').slice(-LONGEST_LINE);
    for (const line of lines) this.onLine(line);
  }
}
