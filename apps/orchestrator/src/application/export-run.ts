import {
  Conflict,
  type ExportRun as ExportRequest,
  isPayloadRef,
  isRunEnded,
  NotFound,
  type PayloadRef,
  RUN_EXPORT_FORMAT,
  type RunExportHeader,
  type RunExportLine,
  type RunExportPage,
} from '@aet/contracts';
import type { LinkedEvent, RunCopies } from '@aet/persistence';
import { jsonBytes, type RunState } from '@aet/runs';
import type { PayloadTexts } from './ports.js';
import type { RunStore } from './run-store.js';

/** Events read at once. */
const EVENTS = 200;
/** A page must fit into one message of 1 MiB. Bytes. */
const PAGE_BYTES = 400 * 1024;
/** Characters of one piece of a value. */
const PIECE = 100_000;

/** Where a page begins: behind `after`, at this line of the event that follows. */
interface Place {
  after: number;
  line: number;
}

/** A run that has ended as lines of JSON, page by page: a header, and each event as it is stored, behind the values that it refers to. */
export class ExportRun {
  constructor(
    private readonly store: RunStore,
    private readonly copies: RunCopies,
    private readonly payloads: PayloadTexts,
    private readonly now: () => Date,
  ) {}

  async execute({ runId, cursor }: ExportRequest): Promise<RunExportPage> {
    const state = await this.store.current(runId);
    if (state === undefined)
      throw new NotFound(`run ${runId} is not in this cell's log: look at the list of runs, or ask the cell that accepted it`);
    if (!isRunEnded(state.status))
      throw new Conflict(
        `run ${runId} is ${state.status}, and only what has ended can be exported: wait for its end, or end it with \`aet runs cancel ${runId}\``,
      );
    const page = new Page(cursor === undefined ? [await this.header(state)] : []);
    return this.filled(page, runId, placeOf(cursor), state.sequence);
  }

  private async filled(page: Page, runId: string, from: Place, last: number): Promise<RunExportPage> {
    let { after, line } = from;
    while (after < last) {
      const events = await this.copies.export(runId, after, EVENTS);
      for (const event of events) {
        const lines = await this.linesOf(event);
        for (const next of lines.slice(line)) {
          if (!page.take(next)) return { lines: page.lines, next: `${after}.${line}` };
          line++;
        }
        [after, line] = [event.sequence, 0];
      }
      if (events.length === 0) break;
    }
    return { lines: page.lines };
  }

  private async linesOf(event: LinkedEvent): Promise<RunExportLine[]> {
    const { sequence, time, hash, type, data } = event;
    const pieces: RunExportLine[] = [];
    for (const ref of payloadRefs(data)) pieces.push(...piecesOf(ref, await this.payloads.load(ref)));
    return [...pieces, { event: { sequence, time, hash, type, data: JSON.parse(data) as unknown } }];
  }

  private async header({ runId, workflow, status, cell, sequence }: RunState): Promise<RunExportHeader> {
    const [head] = await this.copies.export(runId, sequence - 1, 1);
    return {
      format: RUN_EXPORT_FORMAT,
      runId,
      workflow: workflow.name,
      status,
      cell,
      events: sequence,
      headHash: head?.hash ?? '',
      exportedAt: this.now().toISOString(),
    };
  }
}

/** Lines up to a size; the first always goes. */
class Page {
  private bytes = 0;

  constructor(readonly lines: RunExportLine[]) {}

  take(line: RunExportLine): boolean {
    const bytes = jsonBytes(line);
    if (this.lines.length > 0 && this.bytes + bytes > PAGE_BYTES) return false;
    this.lines.push(line);
    this.bytes += bytes;
    return true;
  }
}

function placeOf(cursor = '0.0'): Place {
  const [after = 0, line = 0] = cursor.split('.').map(Number);
  return { after, line };
}

const piecesOf = ({ $payload: { sha256, bytes } }: PayloadRef, text: string): RunExportLine[] => {
  const parts = Math.max(1, Math.ceil(text.length / PIECE));
  return Array.from({ length: parts }, (_, part) => ({
    payload: { sha256, bytes, part, parts, text: text.slice(part * PIECE, (part + 1) * PIECE) },
  }));
};

/** The values that an event refers to, each once. */
export function payloadRefs(data: string): PayloadRef[] {
  if (!data.includes('"$payload"')) return [];
  const found = new Map<string, PayloadRef>();
  const open: unknown[] = [JSON.parse(data)];
  for (let value = open.pop(); value !== undefined; value = open.pop()) {
    if (isPayloadRef(value)) found.set(value.$payload.sha256, value);
    else if (typeof value === 'object' && value !== null)
      open.push(...Object.values(value).filter((inner) => inner !== undefined));
  }
  return [...found.values()];
}
