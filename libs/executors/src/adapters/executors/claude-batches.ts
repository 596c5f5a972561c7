import type Anthropic from '@anthropic-ai/sdk';
import {
  BatchNotTaken,
  type BatchedResult,
  type BatchProvider,
  type BatchRequest,
  type BatchStatus,
} from '../../batches/batch-provider.js';
import { anthropicClient, type MessageRequest, type ModelConfig, outputOf, usageOf } from './claude-message.js';

/** Of the newest batches of the account so many are looked at. */
const LOOK_AT = 200;
/** The provider's clock and ours may differ by this. Milliseconds. */
const CLOCKS_DIFFER_MS = 120_000;

/** The Message Batches API: half the price, results within a day, at most 100,000 requests or 256 MB at once. Source: platform.claude.com, "Batch processing". */
export class ClaudeBatches implements BatchProvider {
  readonly name = 'anthropic';
  readonly priceFactor = 0.5;

  constructor(private readonly config: Pick<ModelConfig, 'apiKeyFile' | 'baseUrl'>) {}

  async submit(requests: readonly BatchRequest[], signal: AbortSignal): Promise<string> {
    const client = await anthropicClient(this.config);
    try {
      const params = requests.map(({ id, request }) => ({ custom_id: id, params: request as MessageRequest }));
      return (await client.messages.batches.create({ requests: params }, { signal })).id;
    } catch (error) {
      throw await notTaken(error);
    }
  }

  async find(since: number, requests: number, signal: AbortSignal): Promise<string[]> {
    const client = await anthropicClient(this.config);
    const found: string[] = [];
    let looked = 0;
    for await (const batch of client.messages.batches.list({ limit: 100 }, { signal })) {
      if (Date.parse(batch.created_at) < since - CLOCKS_DIFFER_MS || (looked += 1) > LOOK_AT) break;
      if (sum(batch.request_counts) === requests) found.push(batch.id);
    }
    return found;
  }

  async status(batch: string, signal: AbortSignal): Promise<BatchStatus> {
    const client = await anthropicClient(this.config);
    try {
      const { processing_status: status, archived_at: archived } = await client.messages.batches.retrieve(batch, {}, { signal });
      if (archived !== null && archived !== undefined) return 'gone';
      return status === 'ended' ? 'ended' : 'running';
    } catch (error) {
      if (statusOf(error) === 404) return 'gone';
      throw error;
    }
  }

  async *results(batch: string, signal: AbortSignal): AsyncIterable<BatchedResult> {
    const client = await anthropicClient(this.config);
    for await (const { custom_id: id, result } of await client.messages.batches.results(batch, {}, { signal })) {
      yield asResult(id, result);
    }
  }

  async cancel(batch: string, signal: AbortSignal): Promise<void> {
    const client = await anthropicClient(this.config);
    await client.messages.batches.cancel(batch, {}, { signal });
  }
}

const sum = (counts: Anthropic.Messages.MessageBatchRequestCounts): number =>
  counts.processing + counts.succeeded + counts.errored + counts.canceled + counts.expired;

function asResult(id: string, result: Anthropic.Messages.MessageBatchResult): BatchedResult {
  switch (result.type) {
    case 'succeeded':
      return { id, kind: 'succeeded', output: outputOf(result.message), usage: usageOf(result.message) };
    case 'errored':
      return { id, kind: 'errored', message: result.error.error.message };
    case 'expired':
      return { id, kind: 'expired', message: 'the batch expired before it was this request’s turn' };
    case 'canceled':
      return { id, kind: 'canceled', message: 'the batch was cancelled' };
  }
}

const statusOf = (error: unknown): number | undefined => (error as { status?: number }).status;

/** A refusal says that it was not taken; a fault of the server, or a lost connection, says nothing. */
async function notTaken(error: unknown): Promise<BatchNotTaken> {
  const { APIError } = await import('@anthropic-ai/sdk');
  const message = error instanceof Error ? error.message : String(error);
  const status = error instanceof APIError ? statusOf(error) : undefined;
  if (status === 429 || status === 529) return new BatchNotTaken(message, 'later', retryAfterMs(error));
  if (status !== undefined && status >= 400 && status < 500 && status !== 408) return new BatchNotTaken(message, 'never');
  return new BatchNotTaken(message, 'unknown');
}

function retryAfterMs(error: unknown): number | undefined {
  const seconds = Number((error as { headers?: Headers }).headers?.get('retry-after') ?? '');
  return Number.isFinite(seconds) && seconds > 0 ? seconds * 1_000 : undefined;
}
