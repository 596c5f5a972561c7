import { attemptId, type ListRuns, type Priority, type RunPage, type RunSummary } from '@aet/contracts';
import { DispatchTable, FactCursor, type OpenDispatch, type OrderedKey, type PublishedTask } from '../dispatch-table.js';
import { keyHash } from '../postgres/column-text.js';
import { cursorAfter, parseCursor } from '../postgres/list-cursor.js';
import { errorText } from '../postgres/list-part.js';
import { runCounts } from '../projection/run-counts.js';
import { RunList } from '../run-list.js';
import type { InMemoryRunLog } from './in-memory-run-log.js';

/** The open dispatches of an `InMemoryRunLog`. */
export class InMemoryDispatchTable extends DispatchTable {
  private readonly turns = new Map<string, { of: OrderedKey; task: string }>();

  constructor(private readonly log: InMemoryRunLog) {
    super();
  }

  override async unpublished(dueBefore: number, limit: number): Promise<OpenDispatch[]> {
    const due = (row: OpenDispatch) => Math.max(row.notBefore, row.scheduledAt);
    const rows = this.rows().filter((row) => row.publishedAt === undefined && due(row) < dueBefore && this.hasTurn(row));
    return rows.toSorted((a, b) => due(a) - due(b)).slice(0, limit);
  }

  override async lingering(publishedBefore: number, limit: number): Promise<OpenDispatch[]> {
    const rows = this.rows().filter((row) => row.publishedAt !== undefined && row.publishedAt < publishedBefore);
    return rows.toSorted((a, b) => a.publishedAt! - b.publishedAt!).slice(0, limit);
  }

  override async misplaced(limit: number): Promise<OpenDispatch[]> {
    return this.rows()
      .filter(({ publishedAs, priority }) => publishedAs !== undefined && publishedAs !== priority)
      .slice(0, limit);
  }

  override async unwanted(limit: number): Promise<{ capability: string; priority: Priority; streamSequence: number }[]> {
    return this.log.unwanted.slice(0, limit);
  }

  override async withdrawn(streamSequences: readonly number[]): Promise<void> {
    const left = this.log.unwanted.filter(({ streamSequence }) => !streamSequences.includes(streamSequence));
    this.log.unwanted.splice(0, Infinity, ...left);
  }

  override async markPublished(rows: readonly PublishedTask[], at: number): Promise<void> {
    for (const { streamSequence, redispatches, publishedAs, ...ref } of rows) {
      const row = this.log.dispatches.get(attemptId(ref));
      if (row !== undefined && redispatches >= row.redispatches) {
        Object.assign(row, { streamSequence, redispatches, publishedAs, publishedAt: at });
      }
    }
  }

  override async orderedKeys(limit: number): Promise<OrderedKey[]> {
    const keys = this.rows().flatMap(({ capability, orderKey }) => (orderKey === undefined ? [] : [{ capability, orderKey }]));
    return [...new Map(keys.map((key) => [keyText(key), key])).values()].slice(0, limit);
  }

  override async giveTurns(keys: readonly OrderedKey[]): Promise<OpenDispatch[]> {
    const open = new Set(this.rows().map(taskText));
    const freed = [...this.turns].filter(([, { task }]) => !open.has(task));
    for (const [key] of freed) this.turns.delete(key);
    const given: OpenDispatch[] = [];
    for (const key of [...keys, ...freed.map(([, { of }]) => of)]) {
      const first = this.rows().find((row) => row.capability === key.capability && row.orderKey === key.orderKey);
      if (first === undefined || this.turns.has(keyText(key))) continue;
      this.turns.set(keyText(key), { of: key, task: taskText(first) });
      if (first.publishedAt === undefined) given.push(first);
    }
    return given;
  }

  private hasTurn(row: OpenDispatch): boolean {
    if (row.orderKey === undefined) return true;
    return this.turns.get(keyText({ capability: row.capability, orderKey: row.orderKey }))?.task === taskText(row);
  }

  private rows(): OpenDispatch[] {
    return [...this.log.dispatches.values()].map((row) => ({ ...row }));
  }
}

const keyText = ({ capability, orderKey }: OrderedKey): string => JSON.stringify([capability, orderKey]);
const taskText = ({ runId, step, item = -1 }: OpenDispatch): string => JSON.stringify([runId, step, item]);

/** How far the facts of an `InMemoryRunLog` were told. Every event counts as old enough. */
export class InMemoryFactCursor extends FactCursor {
  private readonly told = new Map<string, number>();

  constructor(private readonly log: InMemoryRunLog) {
    super();
  }

  override async behind(_olderThanMs: number, limit: number): Promise<{ runId: string; told: number; sequence: number }[]> {
    const runs = [...this.log.heads()].map(([runId, { sequence }]) => ({ runId, told: this.told.get(runId) ?? 0, sequence }));
    return runs.filter(({ told, sequence }) => told < sequence).slice(0, limit);
  }

  override async advance(rows: readonly { runId: string; after: number; told: number }[]): Promise<void> {
    for (const { runId, after, told } of rows) {
      const before = this.told.get(runId) ?? 0;
      if (before >= after && before < told) this.told.set(runId, told);
    }
  }
}

/** The list of runs of an `InMemoryRunLog`. */
export class InMemoryRunList extends RunList {
  constructor(private readonly log: InMemoryRunLog) {
    super();
  }

  override async list(query: ListRuns): Promise<RunPage> {
    const { limit = 50, cursor } = query;
    const after = cursor === undefined ? undefined : parseCursor(cursor);
    const runs = this.summaries()
      .filter((run) => isWanted(run, query))
      .filter((run) => after === undefined || newestFirst(after, run) < 0)
      .toSorted(newestFirst);
    const page = runs.slice(0, limit);
    const last = page.at(-1);
    return {
      runs: page,
      ...(runs.length > limit && last !== undefined ? { next: cursorAfter(last) } : {}),
      ...(query.counts === true ? { counts: runCounts(this.summaries().map((run) => ({ ...run, runs: 1 }))) } : {}),
    };
  }

  override async overdue(now: Date, limit: number): Promise<string[]> {
    const due = [...this.log.heads()].filter(([, { expiry }]) => (expiry?.at ?? Infinity) <= now.getTime());
    return due.slice(0, limit).map(([runId]) => runId);
  }

  override async find(runId: string): Promise<RunSummary | undefined> {
    return this.log.heads().get(runId)?.summary;
  }

  override async findByIdempotencyKey(key: string): Promise<RunSummary | undefined> {
    const runId = this.log.runOfKey(keyHash(key));
    return runId === undefined ? undefined : this.find(runId);
  }

  private summaries(): RunSummary[] {
    return [...this.log.heads().values()].flatMap(({ summary }) => (summary === undefined ? [] : [summary]));
  }
}

const isWanted = (run: RunSummary, query: ListRuns): boolean =>
  (query.status === undefined || query.status.split(',').includes(run.status)) &&
  (['workflow', 'priority', 'lane', 'cell', 'submittedBy', 'parent', 'schedule'] as const).every(
    (name) => query[name] === undefined || query[name] === run[name],
  ) &&
  (query.since === undefined || Date.parse(run.submittedAt) >= Date.parse(query.since)) &&
  (query.before === undefined || Date.parse(run.submittedAt) < Date.parse(query.before)) &&
  (query.text === undefined || hasWords(`${run.workflow} ${errorText(run) ?? ''}`, query.text));

const hasWords = (text: string, wanted: string): boolean => {
  const words = text.toLowerCase().split(/[^\p{L}\p{N}]+/u);
  return wanted
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .every((word) => words.some((one) => one.startsWith(word)));
};

type Place = Pick<RunSummary, 'submittedAt' | 'runId'>;
const newestFirst = (a: Place, b: Place): number =>
  a.submittedAt === b.submittedAt ? (a.runId < b.runId ? 1 : a.runId > b.runId ? -1 : 0) : a.submittedAt < b.submittedAt ? 1 : -1;
