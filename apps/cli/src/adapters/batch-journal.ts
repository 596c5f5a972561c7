import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LineEnd } from '../application/submit-batch.js';
import { explainFolderError } from './state-errors.js';

/**
 * What became of the lines of a batch, in `.aet/batches/<batch>.ndjson`: a batch that was interrupted goes on behind it. It may lack what was
 * answered last, or end in the middle of a line: those lines are sent again, and their keys make no second run.
 */
export class BatchJournal {
  /** Runs of the lines that were accepted before. */
  readonly accepted = new Map<number, string>();
  private readonly file: string;

  constructor(folder: string, batch: string) {
    this.file = join(folder, `${batch}.ndjson`);
    try {
      mkdirSync(folder, { recursive: true });
      for (const entry of this.entries()) this.accepted.set(entry.line, entry.runId);
      // What was torn off must not be a part of the next line.
      appendFileSync(this.file, '\n');
    } catch (error) {
      throw explainFolderError(error);
    }
  }

  add(ends: readonly LineEnd[]): void {
    const lines = ends.flatMap((end) => ('runId' in end ? [`${JSON.stringify({ line: end.line, runId: end.runId })}\n`] : []));
    for (const end of ends) if ('runId' in end) this.accepted.set(end.line, end.runId);
    if (lines.length === 0) return;
    try {
      appendFileSync(this.file, lines.join(''));
    } catch (error) {
      throw explainFolderError(error);
    }
  }

  private entries(): { line: number; runId: string }[] {
    if (!existsSync(this.file)) return [];
    return readFileSync(this.file, 'utf8')
      .split('\n')
      .flatMap((text) => {
        const entry = parsed(text);
        return entry === undefined ? [] : [entry];
      });
  }
}

function parsed(text: string): { line: number; runId: string } | undefined {
  try {
    const { line, runId } = JSON.parse(text) as Record<string, unknown>;
    return typeof line === 'number' && typeof runId === 'string' ? { line, runId } : undefined;
  } catch {
    return undefined;
  }
}
