import {
  Durability,
  isRunEnded,
  type RunEvent,
  RunEventType,
  type RunSummary,
  StaleOwner,
  type StoredRunEvent,
} from '@aet/contracts';
import { EVENT_VERSIONS, type EventVersions } from '@aet/runs';
import { type ChainEnd, GENESIS, type HashedEvent, link, type LinkedEvent } from '../hash-chain.js';
import { type DispatchChange, projectDispatch } from '../projection/dispatch.js';
import { type Expiry, projectExpiry } from '../projection/expiry.js';
import { projectRunSummary } from '../projection/run-list.js';
import { type Appended, type Conflict, DuplicateKey } from '../run-log.js';
import { keyHash } from './column-text.js';

/** An append as it was asked for; each event's data already as the JSON text that will be stored. */
export interface AppendRequest {
  readonly runId: string;
  readonly expected: number;
  /** Each with its type as it will be stored, and its data as the JSON text. */
  readonly events: readonly { event: RunEvent; type: string; text: string }[];
  /** Of the run that these events submit. */
  readonly idempotencyKey: string | undefined;
  /** Cell of the writer: a run of another one is refused. Absent: whoever's it is. */
  readonly writer?: string | undefined;
}

/** Where a run stands before the batch. */
export interface Head extends ChainEnd {
  relaxed: boolean;
  epoch: number;
  owner: string;
  summary: RunSummary | undefined;
  expiry: Expiry | undefined;
}

/** One run after the batch, and all that has to be written for it. */
export interface WrittenRun {
  runId: string;
  head: Head;
  /** The list's entry before the batch; undefined: the run is new. */
  before: RunSummary | undefined;
  linked: LinkedEvent[];
  stored: StoredRunEvent[];
  dispatch: DispatchChange;
  keySha256: string | undefined;
}

export interface BatchDecision {
  /** One for each request, in order. */
  outcomes: (Appended | Conflict | DuplicateKey | StaleOwner)[];
  written: WrittenRun[];
  /** Every run of the batch may lose its last moments in a crash of the machine. */
  relaxed: boolean;
}

/** Before its first event. */
export const NEW_RUN: Head = {
  sequence: 0,
  hash: GENESIS,
  relaxed: false,
  epoch: 0,
  owner: '',
  summary: undefined,
  expiry: undefined,
};

/**
 * Who wins, and what that writes: pure, under the locks of all runs and keys involved. A request that loses changes nothing for the others.
 * @param keys runs by hash of their idempotency key, as far as these requests name it
 */
export function decideBatch(
  requests: readonly AppendRequest[],
  heads: ReadonlyMap<string, Head>,
  keys: ReadonlyMap<string, string>,
  time: string,
): BatchDecision {
  const runs = new Map<string, WrittenRun>();
  const taken = new Map(keys);
  const writers = new Map(requests.map(({ runId, writer }) => [runId, writer]));
  const outcomes = requests.map((request): BatchDecision['outcomes'][number] => {
    const before = heads.get(request.runId) ?? NEW_RUN;
    const run = runs.get(request.runId) ?? untouched(request.runId, before);
    if (isForeign(run.head, request)) return lost(request.runId, run.head);
    if (run.head.sequence !== request.expected) return { kind: 'conflict', sequence: run.head.sequence };
    const key = request.idempotencyKey;
    if (key !== undefined) {
      const holder = taken.get(keyHash(key));
      if (holder !== undefined && holder !== request.runId) return new DuplicateKey(key, holder);
      taken.set(keyHash(key), request.runId);
    }
    const after = written(run, request, time);
    runs.set(request.runId, after);
    return { kind: 'appended', events: after.stored.slice(run.stored.length), sequence: after.head.sequence };
  });
  const changed = [...runs.values()].filter((run) => run.linked.length > 0);
  const ended = (runId: string): boolean => {
    const head = heads.get(runId);
    return head !== undefined && (isEnded(head.summary) || isForeign(head, { writer: writers.get(runId) }));
  };
  return {
    outcomes,
    written: changed.map((run) => ({
      ...run,
      dispatch: projectDispatch(run.stored, ended(run.runId), writers.get(run.runId)),
    })),
    relaxed: changed.every((run) => run.head.relaxed && !run.stored.some(isCheckpoint)),
  };
}

/** What a checkpoint promises is on the disk, whatever the run's durability. */
const isCheckpoint = ({ type }: StoredRunEvent): boolean => type === RunEventType.CheckpointReached;

const isForeign = ({ owner }: Head, { writer }: Pick<AppendRequest, 'writer'>): boolean =>
  writer !== undefined && owner !== '' && owner !== writer;

const lost = (runId: string, { owner, epoch }: Head): StaleOwner =>
  new StaleOwner(
    `run ${runId} belongs to cell ${owner}, which adopted it (epoch ${epoch}): nothing is written to it here; ask that cell`,
    { details: { runId, cell: owner, epoch } },
  );

const isEnded = (summary: RunSummary | undefined): boolean => summary !== undefined && isRunEnded(summary.status);

const untouched = (runId: string, head: Head): WrittenRun => ({
  runId,
  head,
  before: head.summary,
  linked: [],
  stored: [],
  dispatch: { opened: [], closed: [], closedAll: false },
  keySha256: undefined,
});

function written(run: WrittenRun, request: AppendRequest, time: string): WrittenRun {
  const hashed = request.events.map(({ type, text }, index): HashedEvent => ({
    runId: run.runId,
    sequence: run.head.sequence + index + 1,
    type,
    time,
    data: text,
  }));
  const linked = link(run.head.hash, hashed);
  const stored = linked.map((one, index) => storedAs(one, request.events[index]?.event));
  const last = linked.at(-1) ?? run.head;
  return {
    ...run,
    head: { ...headAfter(run.head, stored, request.writer), sequence: last.sequence, hash: last.hash },
    linked: [...run.linked, ...linked],
    stored: [...run.stored, ...stored],
    keySha256: request.idempotencyKey === undefined ? run.keySha256 : keyHash(request.idempotencyKey),
  };
}

/** What the events say of the run beside their places. */
export function headAfter(head: Head, events: readonly StoredRunEvent[], cell?: string): Head {
  const summary = projectRunSummary(head.summary, events);
  const submitted = events.find((event) => event.type === RunEventType.Submitted)?.data;
  const expiry = projectExpiry(head.expiry, events, cell);
  const { epoch, cell: owner } = events.findLast((event) => event.type === RunEventType.Adopted)?.data ??
    submitted ?? { epoch: head.epoch, cell: head.owner };
  const relaxed = submitted === undefined ? head.relaxed : submitted.durability === Durability.Relaxed;
  return { ...head, summary, expiry, epoch, owner, relaxed };
}

/** As `read` gives it: the data parsed from the stored text, so that both are the same value. @throws {UnsupportedVersion} */
export const eventOf = ({ runId, sequence, type, time, data, hash }: LinkedEvent, versions: EventVersions): StoredRunEvent =>
  versions.upcast({ runId, sequence, type, time, hash, data: JSON.parse(data) as unknown });

export const storedEvent = (linked: LinkedEvent): StoredRunEvent => eventOf(linked, EVENT_VERSIONS);

/** A submit is stored as it came: all of it was JSON before, and runs of one document go on sharing it. */
const storedAs = (linked: LinkedEvent, event: RunEvent | undefined): StoredRunEvent => {
  if (event?.type !== RunEventType.Submitted) return storedEvent(linked);
  const { runId, sequence, time, hash } = linked;
  return { ...event, runId, sequence, time, hash };
};

export function appendRequest(
  runId: string,
  expected: number,
  events: readonly RunEvent[],
  { cell, versions = EVENT_VERSIONS }: { cell?: string | undefined; versions?: EventVersions | undefined } = {},
): AppendRequest {
  return {
    writer: cell,
    runId,
    expected,
    events: events.map((event) => ({ event, type: versions.typeOf(event.type), text: JSON.stringify(event.data) })),
    idempotencyKey: events.find((event) => event.type === RunEventType.Submitted)?.data.idempotencyKey,
  };
}
