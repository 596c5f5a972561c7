import type { ErrorBody } from '@aet/contracts';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { BatchFile } from '../adapters/batch-file.js';
import { BatchJournal } from '../adapters/batch-journal.js';
import { ConsoleOutput } from '../adapters/console-output.js';
import { RunningFleet } from '../adapters/running-fleet.js';
import { RunsClient } from '../adapters/runs-client.js';
import { type BatchEnds, followBatch } from '../application/follow-batch.js';
import { type LineEnd, submitBatch } from '../application/submit-batch.js';
import { type Wish, wishOf } from '../domain/batch-line.js';
import { ExitCode } from './command-context.js';
import type { CreateBatchOptions } from './create-batch.command.js';
import { projectFolder } from './project-folder.js';

/** Who submits many has time. Milliseconds. */
const PATIENCE_MS = 120_000;
/** Between two looks at runs that go on. Milliseconds. */
const LOOK_MS = 500;
/** Lines between two words to a log. */
const WORD_EVERY = 5_000;
/** Refused lines that are reported as a list. */
const REPORTED = 1_000;

interface Refused {
  line: number;
  code: string;
  message: string;
}

export async function createBatch(path: string, options: CreateBatchOptions, named: string | undefined): Promise<number> {
  const project = projectFolder(named);
  const fleet = new RunningFleet(project);
  fleet.record();
  const interrupted = new AbortController();
  process.once('SIGINT', () => interrupted.abort());
  const gateway = fleet.gateway({ patienceMs: PATIENCE_MS, ...(options.cell === undefined ? {} : { cell: options.cell }) });
  const folder = join(project, '.aet/batches');
  using file = await BatchFile.open(path, folder, options.yaml === true ? true : undefined);
  const batch = batchOf(file.sha256, options);
  const run = new BatchRun(new RunsClient(gateway), new BatchJournal(folder, batch), batch, options, interrupted.signal);
  // Awaited: what standard input gave is removed when this function ends.
  return await run.carryOut(file);
}

/** The same content, asked for in the same way, is the same batch. */
const batchOf = (sha256: string, { workflow = '', name = '' }: CreateBatchOptions): string =>
  createHash('sha256')
    .update(JSON.stringify([sha256, workflow, name]))
    .digest('hex')
    .slice(0, 16);

class BatchRun {
  private readonly output = new ConsoleOutput();
  private readonly refused: Refused[] = [];
  private readonly resumed: number;
  private counts = { lines: 0, accepted: 0, existing: 0, refused: 0 };

  constructor(
    private readonly client: RunsClient,
    private readonly journal: BatchJournal,
    private readonly batch: string,
    private readonly options: CreateBatchOptions,
    private readonly signal: AbortSignal,
  ) {
    this.resumed = journal.accepted.size;
  }

  async carryOut(file: BatchFile): Promise<number> {
    if (this.resumed > 0) this.output.note(`batch ${this.batch}: ${this.resumed} lines were submitted before`);
    await submitBatch(this.wishes(file), {
      submitMany: (runs) => this.client.submitMany(runs),
      onEnds: (ends) => this.noted(ends),
      onWait: ({ message }) => this.output.note(`waiting: ${message}`),
      signal: this.signal,
    });
    this.output.endShow();
    if (this.signal.aborted) return this.interrupted();
    return this.options.follow === true ? this.follow() : this.report();
  }

  private async *wishes(file: BatchFile): AsyncIterable<Wish> {
    for await (const line of file.lines()) {
      this.counts.lines++;
      if (this.journal.accepted.has(line.line)) this.counts.existing++;
      else yield wishOf(line, this.batch, this.options.workflow);
    }
  }

  private noted(ends: readonly LineEnd[]): void {
    this.journal.add(ends);
    const before = Math.floor(this.counts.accepted / WORD_EVERY);
    for (const end of ends) {
      if ('error' in end) this.refuse(end.line, end.error);
      else this.counts[end.existing ? 'existing' : 'accepted']++;
    }
    if (this.output.live) this.output.show([this.words()]);
    else if (Math.floor(this.counts.accepted / WORD_EVERY) > before) this.output.note(this.words());
  }

  private refuse(line: number, { code, message }: ErrorBody): void {
    this.counts.refused++;
    if (this.refused.length < REPORTED) this.refused.push({ line, code, message });
    this.output.note(`line ${line}: ${code}: ${message}`);
  }

  private words(): string {
    const { accepted, existing, refused } = this.counts;
    return `${accepted} runs submitted, ${existing} were there before, ${refused} lines refused`;
  }

  private async follow(): Promise<number> {
    try {
      const onLook = (ends: BatchEnds): void => {
        if (this.output.live) this.output.show([endWords(ends)]);
      };
      const ends = await followBatch(this.client, this.journal.accepted.values(), {
        everyMs: LOOK_MS,
        signal: this.signal,
        onLook,
      });
      this.output.endShow();
      return this.report(ends);
    } catch (error) {
      if (!this.signal.aborted) throw error;
      this.output.note('not following any more; the runs go on: see `aet runs ls`');
      return ExitCode.Interrupted;
    }
  }

  private report(ends?: BatchEnds): number {
    const { batch, counts, refused } = this;
    if (this.options.json === true) {
      this.output.json({ batch, ...counts, refusedLines: refused, ...(ends === undefined ? {} : { runs: ends.byStatus }) });
    } else {
      this.output.result(this.words());
      if (ends !== undefined) this.output.result(endWords(ends));
    }
    const failed =
      ends !== undefined && Object.entries(ends.byStatus).some(([status, count]) => status !== 'completed' && count > 0);
    return counts.refused > 0 || failed ? ExitCode.Failed : ExitCode.Done;
  }

  private interrupted(): number {
    this.output.note(`interrupted: ${this.words()}; give the same command again to go on`);
    return ExitCode.Interrupted;
  }
}

function endWords({ byStatus, open }: BatchEnds): string {
  const parts = Object.entries(byStatus).map(([status, count]) => `${count} ${status}`);
  return [...parts, ...(open === 0 ? [] : [`${open} go on`])].join(', ') || 'no runs';
}
