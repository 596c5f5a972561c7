import { NotFound, ValidationFailed } from '@aet/contracts';
import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream, mkdirSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { isSeq, LineCounter, parseDocument } from 'yaml';
import type { BatchLine } from '../domain/batch-line.js';
import { explainFolderError } from './state-errors.js';

/** The lines of a batch, in a file that stays as it is while it is read. */
export class BatchFile implements Disposable {
  private constructor(
    private readonly path: string,
    private readonly yaml: boolean,
    /** Of its content, hex: the same content is the same batch. */
    readonly sha256: string,
    private readonly scratch: string | undefined,
  ) {}

  /** Standard input (`-`) is kept in `folder` until the batch is done: its hash must be known before its first line. */
  static async open(path: string, folder: string, yaml = /\.ya?ml$/.test(path)): Promise<BatchFile> {
    const scratch = path === '-' ? join(folder, `stdin-${process.pid}.tmp`) : undefined;
    try {
      if (scratch !== undefined) {
        mkdirSync(folder, { recursive: true });
        await pipeline(process.stdin, createWriteStream(scratch));
      }
      const hash = createHash('sha256');
      await pipeline(createReadStream(scratch ?? path) as Readable, hash);
      return new BatchFile(scratch ?? path, yaml, hash.digest('hex'), scratch);
    } catch (error) {
      if (scratch !== undefined) rmSync(scratch, { force: true });
      if (scratch !== undefined) throw explainFolderError(error);
      throw new NotFound(`${path} cannot be read: ${(error as Error).message}`, { cause: error });
    }
  }

  lines(): AsyncIterable<BatchLine> {
    return this.yaml ? this.elements() : this.jsonLines();
  }

  [Symbol.dispose](): void {
    if (this.scratch !== undefined) rmSync(this.scratch, { force: true });
  }

  private async *jsonLines(): AsyncIterable<BatchLine> {
    let line = 0;
    for await (const text of createInterface({ input: createReadStream(this.path), crlfDelay: Infinity })) {
      line++;
      if (text.trim() !== '') yield { line, text };
    }
  }

  private async *elements(): AsyncIterable<BatchLine> {
    const counter = new LineCounter();
    const document = parseDocument(await readFile(this.path, 'utf8'), { lineCounter: counter, prettyErrors: false });
    const [error] = document.errors;
    if (error !== undefined) throw refused(`${this.path}:${counter.linePos(error.pos[0]).line}: ${error.message}`);
    if (!isSeq(document.contents)) throw refused(`${this.path} must hold a list of submits`);
    for (const item of document.contents.items) {
      const [start = 0] = (item as { range?: [number, number, number] | null }).range ?? [];
      yield {
        line: counter.linePos(start).line,
        text: JSON.stringify((item as { toJS(doc: unknown): unknown }).toJS(document)) ?? 'null',
      };
    }
  }
}

const refused = (message: string): ValidationFailed => new ValidationFailed(message, [{ path: '', rule: 'yaml', message }]);
