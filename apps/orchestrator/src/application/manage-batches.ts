import {
  type AddToBatch,
  type BatchAdded,
  type BatchHeard,
  type BatchLease,
  type BatchList,
  type BatchRequestPage,
  Conflict,
  NotFound,
  type ReadBatchRequests,
  type SettleBatch,
  StaleOwner,
  type TellBatch,
} from '@aet/contracts';
import type { BatchBook, BatchPolicy } from '@aet/persistence';
import { attemptState } from '@aet/runs';
import type { RunStore } from './run-store.js';

const PAGE = 50;

export interface BatchFigures {
  added(answer: BatchAdded): void;
  told(news: TellBatch['news']): void;
  settled(outcome: 'done' | 'single', requests: number): void;
}

/** The batch lane: requests of attempts that are still to be done are taken over; hosts of the cell hand them in and bring the results. */
export class ManageBatches {
  constructor(
    private readonly book: BatchBook,
    private readonly store: RunStore,
    private readonly policy: BatchPolicy & { enabled: boolean },
    private readonly figures: BatchFigures,
  ) {}

  async add(request: AddToBatch): Promise<BatchAdded> {
    if (!this.policy.enabled) return { state: 'single', message: 'batches are switched off (models.batch.enabled)' };
    await this.assertOpen(request);
    const added = await this.book.add(request, this.policy);
    this.figures.added(added);
    return added;
  }

  async lease(provider: string): Promise<BatchLease> {
    const work = await this.book.lease(provider, this.policy);
    return work === undefined ? {} : { work };
  }

  requests(query: ReadBatchRequests): Promise<BatchRequestPage> {
    return this.book.requests(query);
  }

  async tell(news: TellBatch): Promise<BatchHeard> {
    const heard = await this.book.tell(news);
    if (heard.held) this.figures.told(news.news);
    return heard;
  }

  async settle(settled: SettleBatch): Promise<BatchHeard> {
    const heard = await this.book.settle(settled);
    if (!heard.held) return heard;
    const done = settled.requests.filter(({ outcome }) => outcome === 'done').length;
    this.figures.settled('done', done);
    this.figures.settled('single', settled.requests.length - done);
    return heard;
  }

  list(limit = PAGE): Promise<BatchList> {
    return this.book.list(limit);
  }

  private async assertOpen(request: AddToBatch): Promise<void> {
    const { runId, epoch, attempt, step } = request;
    const state = await this.store.current(runId);
    if (state === undefined) throw new NotFound(`run ${runId} is not in this cell's log: ask the cell that owns it`);
    if (state.epoch !== epoch)
      throw new StaleOwner(`run ${runId} is owned under epoch ${state.epoch}, and this is of epoch ${epoch}`);
    if (attemptState(state, request).state !== 'open')
      throw new Conflict(`attempt ${attempt} of step "${step}" is not to be done any more`);
  }
}
