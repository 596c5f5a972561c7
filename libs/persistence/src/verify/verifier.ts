import { Cancelled, type RecordFinding, type VerifyProgress } from '@aet/contracts';
import type { ArchiveStore, FactCopy } from '@aet/messaging';
import type { Pool } from 'pg';
import type { ArchivedEvents } from '../archive/archived-events.js';
import { databaseError } from '../database-error.js';
import { type Page, pageAfter, pageIn, type PageRange, scanPage } from '../rebuild/run-scan.js';
import { LONG_MS } from '../rebuild/shadow-tables.js';
import { checkArchive } from './archive-check.js';
import { PageCheck } from './run-check.js';
import { StreamCheck } from './stream-check.js';

export interface VerifyOptions {
  signal?: AbortSignal;
  onProgress?: (progress: VerifyProgress) => void;
  onFinding?: (finding: RecordFinding) => void;
}

export interface VerifierPorts {
  pool: Pool;
  archive: ArchivedEvents;
  store: ArchiveStore;
  /** Absent: the stream's copy is not looked at. */
  facts?: FactCopy;
  /** Whose record it is. Absent: every run in it is its own. */
  cell?: string;
}

const COUNTS = `
SELECT workflow, status, coalesce(c.runs, 0)::float8 AS counted, coalesce(l.runs, 0)::float8 AS listed
FROM (SELECT workflow, status, sum(runs) AS runs FROM aet.run_count GROUP BY workflow, status) c
FULL JOIN (SELECT workflow, status, count(*) AS runs FROM aet.run_list GROUP BY workflow, status) l USING (workflow, status)
WHERE coalesce(c.runs, 0) <> coalesce(l.runs, 0)`;

/** Messages between two words about progress. */
const OFTEN = 10_000;

/**
 * Compares contents: chains, rows with a fresh fold, the stream's copy, segments. Writes nothing. A page of runs is looked at in one snapshot,
 * so appends that go on are either in all of it or in nothing; what differs all the same is looked at once more, in a fresh one.
 */
export class Verifier {
  constructor(private readonly ports: VerifierPorts) {}

  async verify(options: VerifyOptions = {}): Promise<VerifyProgress> {
    try {
      return await new Verification(this.ports, options).run();
    } catch (error) {
      throw databaseError(error, 'comparing the record');
    }
  }
}

class Verification {
  private readonly startedAt = performance.now();
  private readonly progress = { runs: 0, events: 0, messages: 0, findings: 0, totalRuns: 0 };
  private readonly stream: StreamCheck | undefined;
  private readonly segments = new Set<string>();
  private listIsSound = true;

  constructor(
    private readonly ports: VerifierPorts,
    private readonly options: VerifyOptions,
  ) {
    this.stream = ports.facts === undefined ? undefined : new StreamCheck(ports.facts);
    // What is in memory could hide what became of a segment.
    ports.archive.forget();
  }

  async run(): Promise<VerifyProgress> {
    const { rows } = await this.ports.pool.query<{ runs: number }>('SELECT count(*)::int AS runs FROM aet.run_head');
    this.progress.totalRuns = rows[0]?.runs ?? 0;
    await this.readStream();
    for (let from: string | undefined = ''; from !== undefined;) from = await this.checkPage(from);
    this.tell('settling');
    this.report(await checkArchive(this.ports.pool, this.ports.store));
    if (this.listIsSound) this.report(await this.counts());
    if (this.stream !== undefined) this.report(await this.stream.settle((runId) => this.sequenceOf(runId)));
    return this.tell('done');
  }

  private async readStream(): Promise<void> {
    if (this.stream === undefined) return;
    const stream = this.stream;
    const findings = await stream.read(() => {
      this.progress.messages = stream.messages;
      if (stream.messages % OFTEN !== 0) return;
      this.assertWanted();
      this.tell('stream');
    });
    this.report(findings);
  }

  /** @returns where the next page begins */
  private async checkPage(from: string): Promise<string | undefined> {
    this.assertWanted();
    const first = await this.lookAt(from, true);
    let { findings } = first.check;
    if (findings.length > 0) {
      this.ports.archive.forget();
      // The page ends where it ended, wherever heads stand by now.
      findings = (await this.lookAt(from, false, first.page)).check.findings;
    }
    this.report(findings);
    this.progress.runs += first.page.heads.length;
    this.progress.events += first.events;
    this.tell('runs');
    return first.page.selection.to;
  }

  /** In one snapshot. */
  private async lookAt(
    from: string,
    isFirst: boolean,
    before?: RangePage,
  ): Promise<{ page: RangePage; check: PageCheck; events: number }> {
    const check = new PageCheck(isFirst ? (this.stream?.seen ?? ignore) : ignore, this.ports.cell);
    const reader = await this.ports.pool.connect();
    let failed: Error | undefined;
    try {
      await reader.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
      const page = before === undefined ? await pageAfter(reader, from) : await pageIn(reader, before.selection);
      const events = await scanPage(reader, page, this.ports.archive, check.visit);
      await check.compare(reader, page.selection);
      await reader.query('COMMIT');
      return { page, check, events };
    } catch (error) {
      failed = error as Error;
      throw error;
    } finally {
      reader.release(failed);
    }
  }

  private async sequenceOf(runId: string): Promise<number> {
    const text = 'SELECT sequence FROM aet.run_head WHERE run_id = $1';
    const { rows } = await this.ports.pool.query<{ sequence: number }>({ name: 'aet-verify-head', text, values: [runId] });
    return rows[0]?.sequence ?? 0;
  }

  private async counts(): Promise<RecordFinding[]> {
    const query = { text: COUNTS, query_timeout: LONG_MS } as { text: string };
    const { rows } = await this.ports.pool.query<{ workflow: string; status: string; counted: number; listed: number }>(query);
    return rows.map(({ workflow, status, counted, listed }) => ({
      what: 'count',
      kind: 'changed',
      table: 'run_count',
      message: `run_count says that ${counted} runs of the workflow "${workflow}" are ${status}, the list has ${listed}`,
    }));
  }

  private report(findings: readonly RecordFinding[]): void {
    for (const finding of findings) {
      if (finding.segment !== undefined) {
        if (this.segments.has(finding.segment)) continue; // once, whatever it holds
        this.segments.add(finding.segment);
      }
      if (finding.table === 'run_list') this.listIsSound = false;
      this.progress.findings++;
      this.options.onFinding?.(finding);
    }
  }

  private assertWanted(): void {
    if (this.options.signal?.aborted === true) throw new Cancelled('the comparison was called off');
  }

  private tell(phase: VerifyProgress['phase']): VerifyProgress {
    const progress = { phase, ...this.progress, seconds: (performance.now() - this.startedAt) / 1_000 };
    this.options.onProgress?.(progress);
    return progress;
  }
}

type RangePage = Page & { selection: PageRange };
const ignore = (): void => undefined;
