import type Anthropic from '@anthropic-ai/sdk';
import type { TaskMessage } from '@aet/contracts';
import { type ModelPrices, withCost } from '../../batches/model-cost.js';
import type { ExecutionContext, Executor, ExecutorEvent } from '../../domain/executor.js';
import { anthropicClient, isPassing, messageRequest, type ModelConfig, outputOf, usageOf } from './claude-message.js';

/**
 * Lets a Claude model do the task: the agent's prompt is the system prompt, the task's input is data in the user's turn. Streams; the output is `{ text, stopReason }`.
 * A task with a far deadline is handed over to a batch of the provider instead, at a lower price.
 * The SDK is loaded at the first task, and the key is read from its file at each: a host without a key runs everything else.
 */
export class ClaudeExecutor implements Executor {
  readonly name = 'claude';

  constructor(
    private readonly config: ModelConfig,
    private readonly prices: ModelPrices = {},
  ) {}

  async *run(task: TaskMessage, context: ExecutionContext): AsyncIterable<ExecutorEvent> {
    try {
      yield* this.converse(task, context);
    } catch (error) {
      yield await failed(error);
    }
  }

  private async *converse(task: TaskMessage, context: ExecutionContext): AsyncIterable<ExecutorEvent> {
    if (this.config.apiKeyFile === '') {
      yield {
        kind: 'failed',
        message: 'no model key is configured: set models.anthropic.apiKeyFile, or start the fleet with ANTHROPIC_API_KEY',
        retryable: false,
      };
      return;
    }
    const request = messageRequest(this.config, task, context.agent);
    const added = task.deadline === undefined ? undefined : await context.services.defer('anthropic', request);
    if (added?.state === 'deferred') {
      yield { kind: 'deferred', message: `its result comes from a batch, by ${task.deadline}` };
      return;
    }
    if (added?.message !== undefined) yield { kind: 'log', message: `asked by itself: ${added.message}` };
    const stream = (await anthropicClient(this.config)).messages.stream(request, { signal: context.signal });
    yield { kind: 'log', message: `asking ${this.config.model}` };
    yield* paragraphs(stream);
    const message = await stream.finalMessage();
    yield { kind: 'completed', output: outputOf(message), usage: withCost(usageOf(message), this.prices) };
  }
}

/** The answer as it grows, a log line for each finished line. */
async function* paragraphs(stream: AsyncIterable<Anthropic.MessageStreamEvent>): AsyncIterable<ExecutorEvent> {
  let line = '';
  for await (const event of stream) {
    if (event.type !== 'content_block_delta' || event.delta.type !== 'text_delta') continue;
    const lines = (line + event.delta.text).split('\n');
    line = lines.pop() ?? '';
    for (const message of lines) if (message.trim() !== '') yield { kind: 'log', message };
  }
  if (line.trim() !== '') yield { kind: 'log', message: line };
}

/** Too many requests, overload, a broken connection and the server's own faults pass; a refused key or request does not. */
async function failed(error: unknown): Promise<ExecutorEvent> {
  const { APIConnectionError, APIError } = await import('@anthropic-ai/sdk');
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof APIConnectionError)
    return { kind: 'failed', message: `the model cannot be reached: ${message}`, retryable: true };
  if (!(error instanceof APIError)) return { kind: 'failed', message, retryable: false };
  const status = error.status as number | undefined;
  const retryable = isPassing(status);
  return { kind: 'failed', message: `the model refused (${status ?? 'no status'}): ${message}`, retryable, details: { status } };
}
