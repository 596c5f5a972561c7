import type {
  AddToBatch,
  BatchAdded,
  BatchHeard,
  BatchList,
  BatchRequestPage,
  BatchWork,
  ReadBatchRequests,
  SettleBatch,
  TellBatch,
} from '@aet/contracts';
import type { BatchPolicy } from './batch-policy.js';

/**
 * Requests of attempts that wait for, or lie in, a batch of a model's provider. What hosts do with a batch is guarded by a lease: who holds none any more is not heard.
 * A request whose attempt is not to be done any more, as its run ended or went on, leaves by itself.
 */
export abstract class BatchBook {
  /** The same attempt again gives the same answer. */
  abstract add(request: AddToBatch, policy: BatchPolicy): Promise<BatchAdded>;
  /** The next batch that is due, or a new one when there is a reason for it. */
  abstract lease(provider: string, policy: BatchPolicy): Promise<BatchWork | undefined>;
  abstract requests(query: ReadBatchRequests): Promise<BatchRequestPage>;
  /** @throws {Conflict} the provider's batch belongs to another one here */
  abstract tell(news: TellBatch): Promise<BatchHeard>;
  abstract settle(settled: SettleBatch): Promise<BatchHeard>;
  abstract list(limit: number): Promise<BatchList>;
}
