import {
  isRunEnded,
  parseDuration,
  type RunEvent,
  RunEventType,
  type RunSubmitted,
  type StoredRunEvent,
  TASK_SCHEMA_VERSION,
  type TaskMessage,
} from '@aet/contracts';
import {
  decide,
  foldAll,
  type LargeValue,
  lightCommand,
  lightEvent,
  PayloadNeeded,
  type RunCommand,
  type RunState,
} from '@aet/runs';
import { type OpenAttempt, OpenWork } from '../domain/open-work.js';
import type { OpenRunLog, RunFiles } from './simple-ports.js';

/** The cell that simple runs name as their own. */
export const SIMPLE_CELL = 'simple';

/** Values that one decision may look into, one after the other. */
const MOST_PAYLOADS = 100;

/** One run in this process: its log, its state, and what its log asks for. Nothing in it waits: a decision and its append are one step. */
export class SimpleRun implements Disposable {
  readonly work = new OpenWork();
  private current: RunState | undefined;
  private known: RunSubmitted['data'] | undefined;

  /** @param onChange after each append */
  constructor(
    readonly runId: string,
    private readonly log: OpenRunLog,
    private readonly files: Pick<RunFiles, 'putPayload' | 'getPayload'>,
    private readonly onChange: (run: SimpleRun, events: readonly StoredRunEvent[]) => void,
  ) {
    this.take(log.events);
  }

  get begun(): boolean {
    return this.current !== undefined;
  }
  get state(): RunState {
    if (this.current === undefined) throw new Error(`run ${this.runId} was read before its first event`);
    return this.current;
  }
  get submission(): RunSubmitted['data'] {
    if (this.known === undefined) throw new Error(`run ${this.runId} was read before its first event`);
    return this.known;
  }
  get ended(): boolean {
    return this.current !== undefined && isRunEnded(this.current.status);
  }

  /** @throws {AetError} what the decision says against it, or the disk. Nothing has changed then */
  command(command: RunCommand): void {
    const light = this.kept((large) => lightCommand(command, SIMPLE_CELL, large));
    const decided = this.decided(light);
    const events = this.kept((large) => decided.map((event) => lightEvent<RunEvent>(event, SIMPLE_CELL, large)));
    if (events.length === 0) return;
    const stored = this.log.append(events);
    this.take(stored);
    this.onChange(this, stored);
  }

  /** What becomes a reference is stored before anything refers to it. */
  private kept<T>(lighten: (large: LargeValue[]) => T): T {
    const large: LargeValue[] = [];
    const light = lighten(large);
    for (const value of large) this.files.putPayload(value);
    return light;
  }

  /** When something happens in it by itself. Unix milliseconds. */
  nextMoment(): number | undefined {
    if (this.ended || this.current === undefined) return undefined;
    const { startAt, workflow } = this.submission;
    const began = this.current.redrivenAt ?? this.current.submittedAt;
    const moments = [
      ...this.work.moments(),
      ...(startAt === undefined ? [] : [Date.parse(startAt)]),
      ...(workflow.timeout === undefined ? [] : [Date.parse(began) + parseDuration(workflow.timeout)]),
    ].filter((at) => at > Date.now());
    return moments.length === 0 ? undefined : Math.min(...moments);
  }

  task(attempt: OpenAttempt): TaskMessage {
    const {
      step,
      item,
      attempt: number,
      capability,
      agent,
      priority,
      input,
      timeoutMs,
      heartbeatMs,
      saved,
      scheduledAt,
    } = attempt;
    const { cell, epoch, correlationId, workflow } = this.submission;
    return {
      v: TASK_SCHEMA_VERSION,
      runId: this.runId,
      step,
      attempt: number,
      cell,
      epoch,
      capability,
      priority,
      input,
      timeoutMs,
      correlationId,
      scheduledAt,
      ...(item === undefined ? {} : { item }),
      ...(agent === undefined ? {} : { agent }),
      ...(heartbeatMs === undefined ? {} : { heartbeatMs }),
      ...(saved === undefined ? {} : { saved }),
      workflow: workflow.name,
    };
  }

  [Symbol.dispose](): void {
    this.log[Symbol.dispose]();
  }

  /** A decision that has to look into a large value is taken again with it. */
  private decided(command: RunCommand): RunEvent[] {
    const payloads = new Map<string, unknown>();
    for (;;) {
      try {
        return decide(this.current, command, { now: new Date(), random: Math.random, payloads });
      } catch (error) {
        if (!(error instanceof PayloadNeeded) || payloads.size >= MOST_PAYLOADS) throw error;
        payloads.set(error.ref.$payload.sha256, this.files.getPayload(error.ref));
      }
    }
  }

  private take(events: readonly StoredRunEvent[]): void {
    for (const event of events) {
      if (event.type === RunEventType.Submitted) this.known = event.data;
      this.work.follow(event, event.time);
    }
    this.current = foldAll(this.current, events);
  }
}
