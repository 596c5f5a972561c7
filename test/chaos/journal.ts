import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import type { Receipt } from './ledger.ts';

/** A producer's own record: one line for each answer that it got. Written before it acts on the answer; a torn last line was never answered. */
export class Journal {
  private readonly file: string;

  constructor(file: string) {
    this.file = file;
  }

  note(receipt: Receipt): void {
    appendFileSync(this.file, `${JSON.stringify(receipt)}\n`);
  }

  read(): Receipt[] {
    if (!existsSync(this.file)) return [];
    const lines = readFileSync(this.file, 'utf8').split('\n').slice(0, -1);
    return lines.map((line) => JSON.parse(line) as Receipt);
  }
}
