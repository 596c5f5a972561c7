import {
  type AetError,
  type ListRuns,
  type RunCounts,
  type RunPage,
  type PayloadRef,
  AgentRpc,
  ApprovalRpc,
  BatchRpc,
  CacheRpc,
  CellRpc,
  DlqRpc,
  EffectRpc,
  type ArtifactRef,
  type CloudEvent,
  HubRpc,
  KmRpc,
  NoResponders,
  NotFound,
  OrchestratorRpc,
  QueueRpc,
  RecordRpc,
  RegistryRpc,
  type RpcMethod,
  type RunActed,
  RunsRpc,
  ScheduleRpc,
  type RunSummary,
  type RunView,
  type SubmitRun,
  type TaskProgress,
} from '@aet/contracts';
import { type ArtifactStore, type CallOptions, EventBus, type PayloadStore, RpcClient, type Subscription } from '@aet/messaging';
import { createHash } from 'node:crypto';
import {
  sampleApprovals,
  sampleBatches,
  sampleCached,
  sampleCachedOne,
  sampleCells,
  sampleConflicts,
  sampleEffects,
  sampleSegment,
  sampleSegments,
} from './record-samples.js';
import { sampleCapability, sampleLetter, sampleLetterSummary, sampleQueue } from './queue-samples.js';
import { sampleActed, sampleDiff, sampleExport, sampleSchedule } from './operation-samples.js';
import { sampleErrors, sampleHealth, sampleLeases, samplePorts, sampleTimeline } from './fleet-samples.js';
import { REVIEW, type ScriptedRun } from './scripted-run.js';

type Handler = (request: never, options: CallOptions) => unknown;
const key = (method: { service: string; method: string }): string => `${method.service}.${method.method}`;

/** The back ends of the gateway, in memory, for tests of the gateway and of the console alone. */
export class FleetDouble {
  readonly runs = new Map<string, ScriptedRun>();
  readonly submitted: SubmitRun[] = [];
  readonly calls: { method: string; request: object; options: CallOptions }[] = [];
  /** Methods or services that do not answer. */
  readonly down = new Set<string>();
  /** Methods that refuse what they are asked, and how. */
  readonly refusals = new Map<string, AetError>();
  readonly artifacts = new MemoryArtifacts();
  readonly payloads = new MemoryPayloads();
  private readonly facts = new Set<(event: CloudEvent) => void>();
  private readonly lines = new Set<{ runId: string | undefined; handler: (line: TaskProgress) => void }>();
  private readonly handlers = new Map<string, Handler>();

  constructor(private readonly now: () => Date = () => new Date()) {
    this.answerRuns();
    this.answerFleet();
    this.answerQueue();
    this.answerOperations();
    this.answerRecord();
  }

  readonly rpc: RpcClient = new (class extends RpcClient {
    constructor(private readonly fleet: FleetDouble) {
      super();
    }
    override async call<Req extends object, Res>(
      method: RpcMethod<Req, Res>,
      request: Req,
      options: CallOptions = {},
    ): Promise<Res> {
      return (await this.fleet.answer(method, request, options)) as Res;
    }
  })(this);

  readonly bus: EventBus = new (class extends EventBus {
    constructor(private readonly fleet: FleetDouble) {
      super();
    }
    override onFact(handler: (event: CloudEvent) => void): Promise<Subscription> {
      return Promise.resolve(subscription(this.fleet.facts, handler));
    }
    override onProgress(runId: string | undefined, handler: (line: TaskProgress) => void): Subscription {
      return subscription(this.fleet.lines, { runId, handler });
    }
    override onHealth = unused;
    override onError = unused;
    override publishFact = unused;
    override publishError = unused;
    override publishHealth = unused;
    override publishProgress = unused;
    override readFacts = unused;
  })(this);

  get listeners(): number {
    return this.facts.size + this.lines.size;
  }

  add(run: ScriptedRun): ScriptedRun {
    this.runs.set(run.runId, run);
    return run;
  }

  /** What the relay does after a commit. */
  tell(): void {
    for (const handler of this.facts) handler({} as CloudEvent);
  }

  say(run: ScriptedRun, step: string, message: string, fraction?: number): void {
    const line: TaskProgress = {
      runId: run.runId,
      step,
      attempt: 1,
      at: this.now().toISOString(),
      by: run.by(step),
      kind: fraction === undefined ? 'log' : 'progress',
      message,
      ...(fraction === undefined ? {} : { fraction }),
    };
    for (const { runId, handler } of this.lines) if (runId === undefined || runId === run.runId) handler(line);
  }

  private async answer(method: RpcMethod, request: object, options: CallOptions): Promise<unknown> {
    this.calls.push({ method: key(method), request, options });
    if (this.down.has(key(method)) || this.down.has(method.service)) {
      throw new NoResponders(`nobody answers ${key(method)}: start the service, or see \`aet status\``);
    }
    const refusal = this.refusals.get(key(method));
    if (refusal !== undefined) throw refusal;
    const handler = this.handlers.get(key(method));
    if (handler === undefined) throw new NoResponders(`nobody answers ${key(method)}`);
    return structuredClone(await handler(request as never, options));
  }

  on<Req extends object, Res>(method: RpcMethod<Req, Res>, handler: (request: Req, options: CallOptions) => Res): void {
    this.handlers.set(key(method), handler);
  }

  private run(runId: string): ScriptedRun {
    const run = this.runs.get(runId);
    if (run === undefined) throw new NotFound(`there is no run ${runId}`);
    return run;
  }

  private answerRuns(): void {
    this.on(OrchestratorRpc.submit, (request) => {
      this.submitted.push(request);
      const [runId = ''] = this.runs.keys();
      return { runId, correlationId: runId, cell: 'mainpc', existing: false };
    });
    this.on(OrchestratorRpc.get, ({ runId }) => this.run(runId).view());
    this.on(OrchestratorRpc.events, ({ runId, after = 0, limit = 200 }) => ({
      events: (this.runs.get(runId)?.events ?? []).slice(after, after + limit),
    }));
    this.on(OrchestratorRpc.workflows, () => ({ workflows: [{ name: REVIEW.name, document: REVIEW }] }));
    this.on(OrchestratorRpc.list, (query) => this.list(query));
  }

  private list({ status, workflow, text, counts, limit = 50, cursor = '0' }: ListRuns): RunPage {
    const known = [...this.runs.values()].map((r) => r.view()).toReversed();
    const all = known.filter(
      (run) =>
        (status === undefined || status.split(',').includes(run.status)) &&
        (workflow === undefined || run.workflow === workflow) &&
        (text === undefined || `${run.workflow} ${run.error?.message ?? ''}`.includes(text)),
    );
    const from = Number(cursor);
    return {
      runs: all.slice(from, from + limit).map(summaryOf),
      ...(from + limit < all.length ? { next: String(from + limit) } : {}),
      ...(counts === true ? { counts: countsOf(known) } : {}),
    };
  }

  private answerQueue(): void {
    this.on(QueueRpc.ls, () => sampleQueue());
    this.on(QueueRpc.pause, ({ capability, by = '', reason }) => {
      const paused = { by, at: '2026-11-21T12:00:00.000Z', ...(reason === undefined ? {} : { reason }) };
      return { ...sampleCapability(capability), paused };
    });
    this.on(QueueRpc.resume, ({ capability }) => sampleCapability(capability));
    this.on(QueueRpc.rate, ({ capability, perSecond = 1, burst = 1 }) => ({
      ...sampleCapability(capability),
      rate: { perSecond, burst, from: 'operator' as const },
    }));
    this.on(DlqRpc.ls, () => ({ letters: [sampleLetterSummary()], next: 17 }));
    this.on(DlqRpc.show, ({ sequence }) => ({ ...sampleLetter(), sequence }));
    this.on(DlqRpc.retry, () => ({ runId: [...this.runs.keys()].at(-1) ?? '', attempts: [{ step: 'range', attempt: 4 }] }));
    this.on(DlqRpc.drop, ({ sequence }) => ({ sequence }));
  }

  private answerOperations(): void {
    for (const method of [
      RunsRpc.cancel,
      RunsRpc.pause,
      RunsRpc.resume,
      RunsRpc.redrive,
      RunsRpc.signal,
      RunsRpc.approve,
      RunsRpc.reject,
    ])
      this.on(method, (request: { runId: string }) => this.tellRun(method.method, request));
    this.on(RunsRpc.prioritize, (request) => this.tellRun('prioritize', request));
    for (const method of [RunsRpc.rerun, RunsRpc.fork])
      this.on(method, ({ runId }: { runId: string }) => ({ runId, correlationId: runId, cell: 'mainpc', existing: false }));
    this.on(RunsRpc.replay, ({ runId }) => ({ runId, workflow: REVIEW.name, events: 7, same: true, differences: [], more: 0 }));
    this.on(RunsRpc.diff, ({ runId }) => sampleDiff(summaryOf(this.run(runId).view())));
    this.on(RunsRpc.export, ({ runId, cursor }) => sampleExport(this.run(runId).runId, cursor));
    this.on(RunsRpc.import, ({ part, last }) => (last ? { runId: 'r', events: 1, existing: false } : { received: part + 1 }));
    this.on(RunsRpc.find, ({ prefix }) => ({ runIds: [...this.runs.keys()].filter((id) => id.startsWith(prefix)) }));
    this.on(RunsRpc.states, ({ runIds }) => ({ states: Object.fromEntries(runIds.map((id) => [id, 'running' as const])) }));
    this.on(OrchestratorRpc.submitMany, ({ runs }) => ({
      results: runs.map(() => ({ accepted: { runId: 'r', correlationId: 'r', cell: 'mainpc', existing: false } })),
    }));
    this.on(ScheduleRpc.ls, () => ({ schedules: [sampleSchedule('nightly')] }));
    for (const method of [ScheduleRpc.put, ScheduleRpc.pause, ScheduleRpc.resume])
      this.on(method, ({ name }: { name: string }) => sampleSchedule(name));
    this.on(ScheduleRpc.rm, ({ name }) => ({ name, removed: true }));
  }

  private answerRecord(): void {
    this.on(EffectRpc.ls, () => sampleEffects());
    this.on(CacheRpc.ls, () => sampleCached());
    this.on(CacheRpc.show, () => sampleCachedOne());
    this.on(CellRpc.ls, () => sampleCells());
    this.on(CellRpc.conflicts, () => sampleConflicts());
    this.on(BatchRpc.ls, () => sampleBatches());
    this.on(ApprovalRpc.ls, () => sampleApprovals());
    this.on(RecordRpc.segments, () => sampleSegments());
    this.on(RecordRpc.segment, () => sampleSegment());
  }

  private tellRun(word: string, request: { runId: string }): RunActed {
    const acted = this.run(request.runId).told(word, request) ?? sampleActed(request.runId);
    this.tell();
    return acted;
  }

  private answerFleet(): void {
    const now = this.now;
    const anyRun = (): string => [...this.runs.keys()].at(-1) ?? '';
    this.on(HubRpc.fleet, () => sampleHealth(now()));
    this.on(HubRpc.errors, () => ({ groups: sampleErrors(now(), anyRun()) }));
    this.on(HubRpc.timeline, ({ id }) => sampleTimeline(now(), id));
    this.on(RegistryRpc.instances, ({ service }) => {
      const { cells } = sampleLeases(now());
      return {
        cells: cells.map((c) => ({ ...c, instances: c.instances.filter((i) => service === undefined || i.service === service) })),
      };
    });
    this.on(RegistryRpc.ports, () => samplePorts(now()));
    this.on(AgentRpc.list, (_, { instance = '' }) => ({
      host: instance.includes('main') ? 'mainpc' : 'pc2',
      instance,
      slots: { total: 8, busy: 6 },
      agents: [
        {
          name: 'security',
          description: 'Finds secrets',
          capabilities: ['secret-scan'],
          executor: 'builtin',
          source: 'shipped:security.md',
        },
      ],
    }));
    this.on(KmRpc.search, ({ query }) => ({
      hits: [{ path: 'docs/api.md', startLine: 3, endLine: 9, snippet: `… ${query} …`, kind: 'markdown' as const, score: 1 }],
    }));
  }
}

function summaryOf(view: RunView): RunSummary {
  const { inputs: _inputs, steps: _steps, output: _output, children: _children, signals: _signals, ...summary } = view;
  return summary;
}

function countsOf(runs: readonly RunView[]): RunCounts {
  const byStatus = (some: readonly RunView[]) =>
    Object.fromEntries(some.map(({ status }) => [status, some.filter((r) => r.status === status).length]));
  const byWorkflow = [...new Set(runs.map(({ workflow }) => workflow))].map((workflow) => {
    const own = runs.filter((r) => r.workflow === workflow);
    return { workflow, total: own.length, byStatus: byStatus(own) };
  });
  return { total: runs.length, byStatus: byStatus(runs), byWorkflow };
}

function subscription<T>(set: Set<T>, item: T): Subscription {
  set.add(item);
  const close = async (): Promise<void> => void set.delete(item);
  return { close, [Symbol.asyncDispose]: close };
}

function unused(): never {
  throw new Error('the gateway does not use this');
}

class MemoryPayloads implements Pick<PayloadStore, 'put' | 'get'> {
  readonly texts = new Map<string, string>();

  put(text: string): Promise<PayloadRef> {
    const sha256 = createHash('sha256').update(text).digest('hex');
    this.texts.set(sha256, text);
    return Promise.resolve({ $payload: { sha256, bytes: Buffer.byteLength(text), cell: 'c1' } });
  }
  get(sha256: string): Promise<string> {
    const text = this.texts.get(sha256);
    return text === undefined ? Promise.reject(new NotFound('no such value')) : Promise.resolve(text);
  }
}

class MemoryArtifacts implements ArtifactStore {
  private readonly files = new Map<string, { ref: ArtifactRef; content: Uint8Array }>();

  async put(runId: string, name: string, content: Uint8Array, mediaType: string): Promise<ArtifactRef> {
    const ref = { name, mediaType, bytes: content.length, sha256: createHash('sha256').update(content).digest('hex') };
    this.files.set(`${runId}/${name}`, { ref, content });
    return ref;
  }
  async get(runId: string, name: string): Promise<{ ref: ArtifactRef; content: Uint8Array }> {
    const file = this.files.get(`${runId}/${name}`);
    if (file === undefined) throw new NotFound(`run ${runId} has no artifact ${name}`);
    return file;
  }
  async list(runId: string): Promise<ArtifactRef[]> {
    return [...this.files].flatMap(([at, file]) => (at.startsWith(`${runId}/`) ? [file.ref] : []));
  }
}
