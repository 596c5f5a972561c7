import {
  Conflict,
  type ListRuns,
  NotFound,
  RUN_ID,
  type RunAccepted,
  type RunActed,
  type RunEventPage,
  type RunPage,
  type RunReplayed,
  type RunsAccepted,
  type RunsDiff,
  type RunsFound,
  type RunStatesKnown,
  type ScheduleList,
  type ScheduleRemoved,
  type ScheduleView,
  type SubmitRun,
  ValidationFailed,
} from '@aet/contracts';
import type { GatewayClient, OperatorWord } from './gateway-client.js';

/** What may be said twice: a request whose answer was lost is sent again. */
export type RunAct = 'cancel' | 'pause' | 'resume' | 'signal' | 'approve' | 'reject' | 'prioritize';

const LAST = 'last';

/** The gateway's paths for what is done to runs and schedules. */
export class RunsClient {
  constructor(private readonly gateway: GatewayClient) {}

  list(query: ListRuns): Promise<RunPage> {
    const given = Object.entries(query).map(([name, value]): [string, string] => [name, String(value)]);
    return this.gateway.ask('GET', `/v1/runs?${new URLSearchParams(given).toString()}`);
  }

  /** A whole id, its first 8 characters or more, or `last`. @throws {NotFound} @throws {Conflict} when several begin so */
  async idOf(run: string): Promise<string> {
    if (RUN_ID.test(run)) return run;
    if (run === LAST) return this.last();
    if (!/^[0-9a-f][0-9a-f-]{7,35}$/.test(run)) {
      const message = `"${run}" is no run: give its id, at least the first 8 characters of it, or \`last\``;
      throw new ValidationFailed(message, [{ path: 'run', rule: 'format', message }]);
    }
    const { runIds } = await this.gateway.ask<RunsFound>('GET', `/v1/run-ids/${run}`);
    const [only] = runIds;
    if (only === undefined) throw new NotFound(`there is no run whose id begins with ${run}: see \`aet runs ls\``);
    if (runIds.length === 1) return only;
    throw new Conflict(`several runs begin with ${run}: ${runIds.join(', ')}; give more of the id`);
  }

  events(runId: string, after: number): Promise<RunEventPage> {
    return this.gateway.ask('GET', `/v1/runs/${runId}/log?after=${after}&limit=1000`);
  }

  act(name: RunAct, runId: string, word: object): Promise<RunActed> {
    return this.gateway.ask('POST', `/v1/runs/${runId}/${name}`, word);
  }
  redrive(runId: string, word: OperatorWord): Promise<RunActed> {
    return this.gateway.say('POST', `/v1/runs/${runId}/redrive`, word);
  }
  /** With an idempotency key it may be said twice. */
  begin(name: 'rerun' | 'fork', runId: string, word: OperatorWord & { idempotencyKey: string }): Promise<RunAccepted> {
    return this.gateway.ask('POST', `/v1/runs/${runId}/${name}`, word);
  }
  replay(runId: string, other: object): Promise<RunReplayed> {
    return this.gateway.ask('POST', `/v1/runs/${runId}/replay`, other);
  }
  diff(runId: string, other: string): Promise<RunsDiff> {
    return this.gateway.ask('GET', `/v1/runs/${runId}/diff/${other}`);
  }
  /** Each with an idempotency key. */
  submitMany(runs: SubmitRun[]): Promise<RunsAccepted> {
    return this.gateway.ask('POST', '/v1/run-batches', { runs });
  }
  states(runIds: string[]): Promise<RunStatesKnown> {
    return this.gateway.ask('POST', '/v1/run-states', { runIds });
  }

  schedules(): Promise<ScheduleList> {
    return this.gateway.ask('GET', '/v1/schedules');
  }
  putSchedule(name: string, word: object): Promise<ScheduleView> {
    return this.gateway.ask('PUT', `/v1/schedules/${encodeURIComponent(name)}`, word);
  }
  removeSchedule(name: string, word: OperatorWord): Promise<ScheduleRemoved> {
    const query = new URLSearchParams({ ...word });
    return this.gateway.ask('DELETE', `/v1/schedules/${encodeURIComponent(name)}?${query.toString()}`);
  }
  sayToSchedule(act: 'pause' | 'resume', name: string, word: OperatorWord): Promise<ScheduleView> {
    return this.gateway.ask('POST', `/v1/schedules/${encodeURIComponent(name)}/${act}`, word);
  }

  private async last(): Promise<string> {
    const { runs } = await this.list({ limit: 1 });
    const [newest] = runs;
    if (newest === undefined) throw new NotFound('there is no run yet: begin one with `aet run`');
    return newest.runId;
  }
}
