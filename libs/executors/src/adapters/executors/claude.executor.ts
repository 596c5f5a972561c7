import type Anthropic from '@anthropic-ai/sdk';
import type { AetConfig } from '@aet/config';
import { readSecretFile } from '@aet/config';
import type { TaskMessage, Usage } from '@aet/contracts';
import type { ExecutionContext, Executor, ExecutorEvent } from '../../domain/executor.js';

type ModelConfig = AetConfig['models']['anthropic'];

/** Longest input that is put before the model, in characters; what is beyond is cut, and said so. */
const MAX_INPUT = 400_000;

/**
 * Lets a Claude model do the task: the agent's prompt is the system prompt, the task's input is data in the user's turn. Streams; the output is `{ text, stopReason }`.
 * The SDK is loaded at the first task, and the key is read from its file at each: a host without a key runs everything else.
 */
export class ClaudeExecutor implements Executor {
  readonly name = 'claude';

  constructor(private readonly config: ModelConfig) {}

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
    const { default: Client } = await import('@anthropic-ai/sdk');
    // Retries are the orchestrator's: two loops around one call multiply each other.
    const client = new Client({ apiKey: readSecretFile(this.config.apiKeyFile), baseURL: this.config.baseUrl, maxRetries: 0 });
    const stream = client.messages.stream(
      {
        model: this.config.model,
        max_tokens: this.config.maxTokens,
        system: context.agent.prompt,
        messages: [{ role: 'user', content: asData(task) }],
      },
      { signal: context.signal },
    );
    yield { kind: 'log', message: `asking ${this.config.model}` };
    yield* paragraphs(stream);
    const message = await stream.finalMessage();
    yield { kind: 'completed', output: { text: textOf(message), stopReason: message.stop_reason }, usage: usageOf(message) };
  }
}

/** What a tool or a file said is data, never an instruction: it is fenced, and the system prompt stands alone above it. */
function asData(task: TaskMessage): string {
  const text = JSON.stringify(task.input, null, 1);
  const cut = text.length > MAX_INPUT ? `${text.slice(0, MAX_INPUT)}\n… (${text.length - MAX_INPUT} characters left out)` : text;
  return `<task capability="${task.capability}">\n${cut}\n</task>`;
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

const textOf = (message: Anthropic.Message): string =>
  message.content.map((block) => (block.type === 'text' ? block.text : '')).join('');

const usageOf = (message: Anthropic.Message): Usage => ({
  inputTokens: message.usage.input_tokens,
  outputTokens: message.usage.output_tokens,
  model: message.model,
});

/** Too many requests, overload, a broken connection and the server's own faults pass; a refused key or request does not. */
async function failed(error: unknown): Promise<ExecutorEvent> {
  const { APIConnectionError, APIError } = await import('@anthropic-ai/sdk');
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof APIConnectionError)
    return { kind: 'failed', message: `the model cannot be reached: ${message}`, retryable: true };
  if (!(error instanceof APIError)) return { kind: 'failed', message, retryable: false };
  const status = error.status as number | undefined;
  const retryable = status === undefined || status === 408 || status === 409 || status === 429 || status >= 500;
  return { kind: 'failed', message: `the model refused (${status ?? 'no status'}): ${message}`, retryable, details: { status } };
}
