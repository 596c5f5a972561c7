import type { RunExportPayload } from '@aet/contracts';
import { createHash } from 'node:crypto';
import { refusedLine } from '../domain/run-lines.js';

/** Of a value's JSON text, hex. */
const checksumOf = (text: string): string => createHash('sha256').update(text).digest('hex');

/** Puts values together whose pieces come one behind the other, and checks each against its checksum. Holds one at a time. */
export class PayloadAssembly {
  readonly complete = new Set<string>();
  private open: { sha256: string; pieces: string[] } | undefined;

  /** @param whole gets each value, once */
  constructor(private readonly whole?: (sha256: string, text: string) => Promise<void>) {}

  /** @throws {ValidationFailed} naming the line */
  async take(number: number, { payload: { sha256, part, parts, text } }: RunExportPayload): Promise<void> {
    this.assertFollows(number, sha256, part);
    const open = (this.open ??= { sha256, pieces: [] });
    open.pieces.push(text);
    if (part + 1 < parts) return;
    this.open = undefined;
    const value = open.pieces.join('');
    if (checksumOf(value) !== sha256) throw refusedLine(number, `ends a value whose checksum is not ${sha256.slice(0, 12)}…`);
    if (this.complete.has(sha256)) return;
    this.complete.add(sha256);
    await this.whole?.(sha256, value);
  }

  private assertFollows(number: number, sha256: string, part: number): void {
    const expected = this.open?.pieces.length ?? 0;
    if (part !== expected || (this.open !== undefined && this.open.sha256 !== sha256))
      throw refusedLine(number, 'is a piece of a value that does not follow the piece before it');
  }
}
