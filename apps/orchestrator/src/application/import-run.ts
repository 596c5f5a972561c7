import {
  Conflict,
  type ImportRun as ImportRequest,
  InternalError,
  isRunEnded,
  type RunExportEvent,
  type RunExportHeader,
  type RunImported,
  RUN_ID,
} from '@aet/contracts';
import {
  type ChainEnd,
  GENESIS,
  type ImportParts,
  type LinkedEvent,
  type RunCopies,
  checkChain,
  storedEvent,
} from '@aet/persistence';
import { fold, type RunState } from '@aet/runs';
import { linesOf, parseLine, refusedLine } from '../domain/run-lines.js';
import { audited } from './audited.js';
import { payloadRefs } from './export-run.js';
import { wordOf } from './operate-run.js';
import { PayloadAssembly } from './payload-assembly.js';
import type { Auditor, PayloadTexts } from './ports.js';

/** Events written at once. */
const BATCH = 200;
/** Parts whose last one does not come are dropped after this time. Milliseconds. */
const FORGOTTEN_MS = 60 * 60_000;

/**
 * Brings a run that was exported elsewhere, or here, into the log as it was: every event with its time and hash. All of it is read and checked
 * before anything of it is written; then it is written in one commit. A run that is here already stays as it is.
 */
export class ImportRun {
  constructor(
    private readonly parts: ImportParts,
    private readonly copies: RunCopies,
    private readonly payloads: PayloadTexts,
    private readonly audit: Auditor,
    private readonly now: () => Date,
  ) {}

  /** @throws {ValidationFailed} naming the line. @throws {Conflict} */
  async execute(request: ImportRequest): Promise<RunImported> {
    const { importId, part, text, last } = request;
    await this.parts.put(importId, part, text);
    if (!last) return { received: part + 1 };
    await this.parts.removeOlder(new Date(this.now().getTime() - FORGOTTEN_MS));
    try {
      return await audited(this.audit, { action: 'run.imported', importId, ...wordOf(request) }, () => this.bringIn(importId));
    } finally {
      await this.parts.remove(importId);
    }
  }

  private async bringIn(importId: string): Promise<RunImported> {
    const { header, payloads } = await this.check(importId);
    await this.keepPayloads(importId, payloads);
    const outcome = await this.copies.import(header.runId, () => batched(this.events(importId, header.runId)));
    return { runId: header.runId, events: header.events, existing: outcome === 'existing' };
  }

  /** Reads everything once. Returns what the file says of itself, and the checksums of the values that the events need. */
  private async check(importId: string): Promise<{ header: RunExportHeader; payloads: Set<string> }> {
    let header: RunExportHeader | undefined;
    let state: RunState | undefined;
    let end = { sequence: 0, hash: GENESIS };
    const [wanted, assembly] = [new Set<string>(), new PayloadAssembly()];
    for await (const { number, text } of linesOf(this.parts.read(importId))) {
      const line = parseLine(number, text);
      if ('format' in line) {
        if (header !== undefined || !RUN_ID.test(line.runId)) throw refusedLine(number, 'is a header where none may be');
        header = line;
      } else if (header === undefined) throw refusedLine(number, 'comes before the header');
      else if ('payload' in line) await assembly.take(number, line);
      else {
        const event = linked(header.runId, end.hash, line);
        end = chained(number, end, event);
        state = fold(state, storedEvent(event));
        for (const { $payload } of payloadRefs(event.data)) wanted.add($payload.sha256);
      }
    }
    if (header === undefined || state === undefined)
      throw refusedLine(1, 'is no header of an exported run, with events behind it');
    assertWhole(
      header,
      state,
      end,
      [...wanted].filter((sha256) => !assembly.complete.has(sha256)),
    );
    return { header, payloads: wanted };
  }

  private async keepPayloads(importId: string, wanted: ReadonlySet<string>): Promise<void> {
    if (wanted.size === 0) return;
    const assembly = new PayloadAssembly(async (sha256, text) => {
      if (wanted.has(sha256)) await this.payloads.store(text);
    });
    for await (const { number, text } of linesOf(this.parts.read(importId))) {
      const line = parseLine(number, text);
      if ('payload' in line) await assembly.take(number, line);
    }
  }

  private async *events(importId: string, runId: string): AsyncIterable<LinkedEvent> {
    let prevHash = GENESIS;
    for await (const { number, text } of linesOf(this.parts.read(importId))) {
      const line = parseLine(number, text);
      if (!('event' in line)) continue;
      yield linked(runId, prevHash, line);
      prevHash = line.event.hash;
    }
  }
}

/** The file is the caller's: what is wrong with it is no damage of the log here. @throws {ValidationFailed} naming the line */
function chained(number: number, end: ChainEnd, event: LinkedEvent): ChainEnd {
  try {
    return checkChain(event.runId, end, [event]);
  } catch (error) {
    if (!(error instanceof InternalError)) throw error;
    throw refusedLine(number, `does not go on where event ${end.sequence} ended: an event was changed, lost or added`);
  }
}

/** What is hashed is the text that JSON makes of the data: it was made so before. */
const linked = (runId: string, prevHash: string, { event }: RunExportEvent): LinkedEvent => ({
  ...event,
  runId,
  prevHash,
  data: JSON.stringify(event.data),
});

function assertWhole(
  header: RunExportHeader,
  state: RunState,
  end: { sequence: number; hash: string },
  missing: readonly string[],
): void {
  if (end.sequence !== header.events || end.hash !== header.headHash)
    throw refusedLine(
      1,
      `says ${header.events} events that end with ${header.headHash.slice(0, 12)}…, and the file has ${end.sequence}, ending with ${end.hash.slice(0, 12)}…`,
    );
  const [first] = missing;
  if (first !== undefined)
    throw refusedLine(1, `belongs to a file that lacks ${missing.length} large values, such as ${first.slice(0, 12)}…`);
  if (!isRunEnded(state.status))
    throw new Conflict(`run ${header.runId} had not ended when it was exported (${state.status}): export it again when it has`);
}

async function* batched<T>(items: AsyncIterable<T>): AsyncIterable<T[]> {
  let batch: T[] = [];
  for await (const item of items) {
    batch.push(item);
    if (batch.length < BATCH) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}
