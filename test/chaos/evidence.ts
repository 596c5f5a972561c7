import { type DeadLetter, JetStreamApi, RunEventType, RunStatus, Stream, type StoredRunEvent } from '@aet/contracts';
import { createPool, PostgresDispatchTable, PostgresFactCursor, PostgresRunList, PostgresRunLog } from '@aet/persistence';
import type { NatsConnection } from '@nats-io/nats-core';
import { connect } from '@nats-io/transport-node';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Journal } from './journal.ts';
import type { Evidence, Logged, Note } from './ledger.ts';
import type { Plan } from './plan.ts';
import type { World } from './world.ts';

/** Of a consumer: what it has not delivered, and what was delivered and not acknowledged. */
interface Counts {
  num_pending: number;
  num_ack_pending: number;
}

const EVENTS_OF_A_RUN = 1_000;
const PAGE = 500;
const ANSWER_MS = 2_000;

/** Reads what a round left behind, from the servers and files themselves and never through a service or a proxy. */
export class Witness implements AsyncDisposable {
  private readonly world: World;
  private readonly nats: NatsConnection;
  private readonly pool: ReturnType<typeof createPool>;
  private readonly log: PostgresRunLog;
  private readonly list: PostgresRunList;
  private readonly table: PostgresDispatchTable;
  private readonly cursor: PostgresFactCursor;
  private lettersSeen = 0;

  private constructor(world: World, nats: NatsConnection) {
    this.world = world;
    this.nats = nats;
    this.pool = createPool({ ...world.postgres.config, poolSize: 2 }, { application: 'witness' });
    this.log = new PostgresRunLog(this.pool, { groupCommitMs: 1, groupCommitMax: 1 });
    this.list = new PostgresRunList(this.pool);
    this.table = new PostgresDispatchTable(this.pool);
    this.cursor = new PostgresFactCursor(this.pool);
  }

  static async of(world: World): Promise<Witness> {
    const nats = await connect({
      servers: world.nats.url,
      maxReconnectAttempts: -1,
      reconnectTimeWait: 100,
      pingInterval: 2_000,
      maxPingOut: 2,
    });
    return new Witness(world, nats);
  }

  /** No run is unfinished, and nothing is left to be done. Rejects while a server is away. */
  async isQuiet(): Promise<boolean> {
    const { runs } = await this.list.list({ status: RunStatus.Running, limit: 1 });
    if (runs.length > 0) return false;
    const left = { ...(await this.queues()).left, ...(await this.projections()) };
    return Object.values(left).every((count) => count === 0);
  }

  async evidence(plan: Plan, journals: readonly Journal[], begunAt: Date): Promise<Evidence> {
    const folder = this.world.notes(plan.round);
    const { runs, broken } = await this.runsSince(begunAt);
    return {
      calm: plan.faults.length === 0,
      submissions: plan.submissions,
      receipts: journals.flatMap((journal) => journal.read()),
      notes: readNotes(join(folder, 'executions')),
      effects: readdirSync(join(folder, 'effects')).map((name) => `${plan.round}/${name}`),
      runs,
      broken,
      deadLetters: await this.newLetters(),
      ...(await this.leftovers()),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.nats.close();
    await this.log.close();
    await this.pool.end();
  }

  private async leftovers(): Promise<Pick<Evidence, 'left' | 'stranded'>> {
    const { left, stranded } = await this.queues();
    return { left: { ...left, ...(await this.projections()) }, stranded };
  }

  /** What relay and sweeper would still do. */
  private async projections(): Promise<Record<string, number>> {
    const [unpublished, published, keys, untold] = await Promise.all([
      this.table.unpublished(Number.MAX_SAFE_INTEGER, PAGE),
      this.table.lingering(Number.MAX_SAFE_INTEGER, PAGE),
      this.table.orderedKeys(PAGE),
      this.cursor.behind(0, PAGE),
    ]);
    return {
      'open attempts': unpublished.length + published.length,
      'keys whose work waits': keys.length,
      'runs with untold facts': untold.length,
    };
  }

  private async queues(): Promise<Pick<Evidence, 'left' | 'stranded'>> {
    const left: Record<string, number> = {};
    const stranded: Record<string, number> = {};
    for (const stream of [Stream.Tasks, Stream.Results]) {
      const { consumers } = await this.ask<{ consumers: Counts[] }>(JetStreamApi.consumerList(stream), {});
      const waiting = consumers.reduce((sum, consumer) => sum + consumer.num_pending + consumer.num_ack_pending, 0);
      left[stream] = waiting;
      stranded[stream] = Math.max(0, (await this.streamState(stream)).messages - waiting);
    }
    return { left, stranded };
  }

  private async runsSince(begunAt: Date): Promise<Pick<Evidence, 'runs' | 'broken'>> {
    const runs: Logged[] = [];
    const broken: { runId: string; message: string }[] = [];
    for (const runId of await this.runIdsSince(begunAt)) {
      try {
        const events = await this.log.read(runId, 0, EVENTS_OF_A_RUN);
        runs.push({ runId, key: keyOf(events), events });
      } catch (error) {
        broken.push({ runId, message: (error as Error).message });
      }
    }
    return { runs, broken };
  }

  /** The list is newest first. */
  private async runIdsSince(begunAt: Date): Promise<string[]> {
    const found: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await this.list.list({ limit: PAGE, ...(cursor === undefined ? {} : { cursor }) });
      const young = page.runs.filter(({ submittedAt }) => new Date(submittedAt) >= begunAt);
      found.push(...young.map(({ runId }) => runId));
      cursor = young.length === page.runs.length ? page.next : undefined;
    } while (cursor !== undefined);
    return found;
  }

  private async newLetters(): Promise<DeadLetter[]> {
    const { last_seq: last } = await this.streamState(Stream.Dlq);
    const letters: DeadLetter[] = [];
    for (; this.lettersSeen < last; this.lettersSeen++) {
      const answer = await this.ask<{ message: { data: string } }>(JetStreamApi.message(Stream.Dlq), {
        seq: this.lettersSeen + 1,
      });
      letters.push(JSON.parse(Buffer.from(answer.message.data, 'base64').toString('utf8')) as DeadLetter);
    }
    return letters;
  }

  private async streamState(stream: string): Promise<{ messages: number; last_seq: number }> {
    return (await this.ask<{ state: { messages: number; last_seq: number } }>(JetStreamApi.streamInfo(stream), {})).state;
  }

  private async ask<T>(subject: string, request: object): Promise<T> {
    const answer = await this.nats.request(subject, JSON.stringify(request), { timeout: ANSWER_MS });
    const body = answer.json<T & { error?: { description: string } }>();
    if (body.error !== undefined) throw new Error(`${subject}: ${body.error.description}`);
    return body;
  }
}

function keyOf(events: readonly StoredRunEvent[]): string {
  const [first] = events;
  return first?.type === RunEventType.Submitted ? (first.data.idempotencyKey ?? '') : '';
}

/** A line is written with one call, so that none is torn. */
function readNotes(file: string): Note[] {
  const lines = readFileSync(file, 'utf8').split('\n').slice(0, -1);
  return lines.map((line) => {
    const [phase = '', key = '', execution] = line.split(' ');
    return { phase: phase as Note['phase'], key, execution: Number(execution) };
  });
}
