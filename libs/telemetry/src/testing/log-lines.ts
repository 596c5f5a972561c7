import type { LogDestination } from '../log-destination.js';

/** Log lines kept in memory, parsed. */
export class LogLines implements LogDestination {
  readonly lines: Record<string, unknown>[] = [];

  write(line: string): void {
    this.lines.push(JSON.parse(line) as Record<string, unknown>);
  }

  /** Lines whose message contains the text. */
  saying(text: string): Record<string, unknown>[] {
    return this.lines.filter(({ msg }) => typeof msg === 'string' && msg.includes(text));
  }
}
