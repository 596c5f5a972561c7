import {
  type BatchHeard,
  type BatchRequestPage,
  type BatchWork,
  type Performer,
  type SettledRequest,
  TASK_SCHEMA_VERSION,
  type TaskResult,
  type TellBatch,
} from '@aet/contracts';
import { BatchNotTaken, type BatchedResult, type BatchProvider, type BatchRequest } from './batch-provider.js';
import { type ModelPrices, withCost } from './model-cost.js';

/** The cell's book of batches. Every word may be repeated. */
export interface BatchClerk {
  lease(provider: string): Promise<BatchWork | undefined>;
  requests(work: BatchWork, after: string | undefined, bare: boolean): Promise<BatchRequestPage>;
  tell(work: BatchWork, news: Omit<TellBatch, 'batch' | 'lease'>): Promise<BatchHeard>;
  settle(work: BatchWork, requests: SettledRequest[]): Promise<BatchHeard>;
}

export interface DeskParts {
  provider: BatchProvider;
  clerk: BatchClerk;
  /** Resolves when the result is stored for its run's owner. */
  report: (result: TaskResult) => Promise<void>;
  me: Omit<Performer, 'agent'>;
  prices: ModelPrices;
  /** Between two questions for one batch. Milliseconds. */
  pollMs: number;
  /** A batch that was handed in is in the provider's list at the latest after so long. Milliseconds. */
  listedAfterMs: number;
  now: () => number;
}

/** Results that are noted together. */
const SETTLE_EVERY = 200;
/** After a fault of the provider, when it does not say how long to wait. Milliseconds. */
const AGAIN_MS = 30_000;

type Request = BatchRequestPage['requests'][number];

/**
 * Hands batches in, asks for them and reports their results, one at a time, for any host of the cell: whatever it was at when it died, another takes up.
 * A batch is noted as being handed in before it is; one of which nobody knows whether it was, is looked for in the provider's list first.
 */
export class BatchDesk {
  constructor(private readonly parts: DeskParts) {}

  /** Does what is due next. False: nothing was. */
  async round(signal: AbortSignal): Promise<boolean> {
    const work = await this.parts.clerk.lease(this.parts.provider.name);
    if (work === undefined) return false;
    switch (work.kind) {
      case 'submit':
        await this.submit(work, signal);
        break;
      case 'doubt':
        await this.find(work, signal);
        break;
      case 'poll':
        await this.poll(work, work.providerBatch ?? '', signal);
    }
    return true;
  }

  private async submit(work: BatchWork, signal: AbortSignal): Promise<void> {
    const { clerk, provider, pollMs } = this.parts;
    const requests: BatchRequest[] = [];
    for await (const { id, request } of this.requests(work, false)) if (request !== undefined) requests.push({ id, request });
    if (requests.length === 0) {
      await clerk.tell(work, { news: 'ended', message: 'nobody waits for it any more' });
      return;
    }
    if (!(await clerk.tell(work, { news: 'submitting', requests: requests.length })).held) return;
    try {
      const providerBatch = await provider.submit(requests, signal);
      await clerk.tell(work, { news: 'submitted', providerBatch, againMs: pollMs });
    } catch (error) {
      if (!(error instanceof BatchNotTaken)) throw error;
      const { message, verdict, retryAfterMs = AGAIN_MS } = error;
      const news = verdict === 'never' ? 'refused' : verdict === 'later' ? 'postponed' : 'waiting';
      await clerk.tell(work, { news, message: message.slice(0, 2_000), againMs: retryAfterMs });
    }
  }

  /** Somebody began to hand it in. It is in the provider's list, or was never taken. */
  private async find(work: BatchWork, signal: AbortSignal): Promise<void> {
    const { clerk, provider, pollMs, listedAfterMs, now } = this.parts;
    const since = Date.parse(work.submittingAt ?? '');
    const listed = await provider.find(since, work.requests, signal);
    for (const providerBatch of listed.filter((id) => !work.notOurs.includes(id))) {
      // Refused when it belongs to another batch of this cell. Of others' it is told apart by its results.
      const heard = await clerk.tell(work, { news: 'submitted', providerBatch, againMs: pollMs }).catch(() => undefined);
      if (heard !== undefined) return;
    }
    const waitMs = since + listedAfterMs - now();
    if (waitMs > 0) await clerk.tell(work, { news: 'waiting', againMs: waitMs, message: 'looking whether it was handed in' });
    else await clerk.tell(work, { news: 'postponed', message: 'it was not handed in' });
  }

  private async poll(work: BatchWork, providerBatch: string, signal: AbortSignal): Promise<void> {
    const { clerk, provider, pollMs } = this.parts;
    const status = await provider.status(providerBatch, signal);
    if (status === 'gone') {
      await clerk.tell(work, { news: 'ended', message: 'the provider does not know the batch any more' });
    } else if (status === 'ended') {
      await this.collect(work, providerBatch, signal);
    } else if (work.wanted === 0) {
      await provider.cancel(providerBatch, signal);
      await clerk.tell(work, { news: 'ended', message: 'cancelled: nobody waits for it any more' });
    } else await clerk.tell(work, { news: 'waiting', againMs: pollMs });
  }

  private async collect(work: BatchWork, providerBatch: string, signal: AbortSignal): Promise<void> {
    const { clerk, provider } = this.parts;
    const asked = new Map<string, Request>();
    for await (const request of this.requests(work, true)) asked.set(request.id, request);
    let [ours, settled]: [number, SettledRequest[]] = [0, []];
    for await (const result of provider.results(providerBatch, signal)) {
      const request = asked.get(result.id);
      if (request === undefined) continue;
      ours += 1;
      settled.push(await this.settle(request, result));
      if (settled.length < SETTLE_EVERY) continue;
      if (!(await clerk.settle(work, settled)).held) return;
      settled = [];
    }
    if (ours === 0 && asked.size > 0) {
      await clerk.tell(work, { news: 'not-ours' });
      return;
    }
    if (settled.length > 0) await clerk.settle(work, settled);
    await clerk.tell(work, { news: 'ended' });
  }

  /** Reported first: a note without a result would lose it, a result that is reported twice counts once. */
  private async settle(request: Request, result: BatchedResult): Promise<SettledRequest> {
    if (result.kind !== 'succeeded') return { id: request.id, outcome: 'single', message: result.message.slice(0, 500) };
    const { report, me, prices, provider, now } = this.parts;
    await report({
      ...request.ref,
      v: TASK_SCHEMA_VERSION,
      epoch: request.epoch,
      by: { ...me, agent: request.agent },
      startedAt: request.addedAt,
      durationMs: Math.max(0, now() - Date.parse(request.addedAt)),
      usage: withCost(result.usage, prices, provider.priceFactor),
      status: 'completed',
      output: result.output,
    });
    return { id: request.id, outcome: 'done' };
  }

  private async *requests(work: BatchWork, bare: boolean): AsyncIterable<Request> {
    let after: string | undefined;
    do {
      const page = await this.parts.clerk.requests(work, after, bare);
      yield* page.requests;
      after = page.next;
    } while (after !== undefined);
  }
}
