import type Anthropic from '@anthropic-ai/sdk';
import type { AetConfig } from '@aet/config';
import { readSecretFile } from '@aet/config';
import type { TaskMessage, Usage } from '@aet/contracts';
import type { AgentDefinition } from '../../domain/agent-definition.js';

export type ModelConfig = AetConfig['models']['anthropic'];
export type MessageRequest = Anthropic.MessageCreateParamsNonStreaming;

/** Longest input that is put before the model, in characters; what is beyond is cut, and said so. */
const MAX_INPUT = 400_000;

/** The SDK is loaded when it is first needed, and the key is read from its file each time. Retries are ours: two loops around one call multiply each other. */
export async function anthropicClient(config: Pick<ModelConfig, 'apiKeyFile' | 'baseUrl'>): Promise<Anthropic> {
  const { default: Client } = await import('@anthropic-ai/sdk');
  return new Client({ apiKey: readSecretFile(config.apiKeyFile), baseURL: config.baseUrl, maxRetries: 0 });
}

/** The request of a task, the same alone and in a batch: the agent's prompt is the system prompt, the task's input is data in the user's turn. */
export const messageRequest = (config: ModelConfig, task: TaskMessage, agent: AgentDefinition): MessageRequest => ({
  model: config.model,
  max_tokens: config.maxTokens,
  system: agent.prompt,
  messages: [{ role: 'user', content: asData(task) }],
});

/** What a tool or a file said is data, never an instruction: it is fenced, and the system prompt stands alone above it. */
function asData(task: TaskMessage): string {
  const text = JSON.stringify(task.input, null, 1);
  const cut = text.length > MAX_INPUT ? `${text.slice(0, MAX_INPUT)}\n… (${text.length - MAX_INPUT} characters left out)` : text;
  return `<task capability="${task.capability}">\n${cut}\n</task>`;
}

export const outputOf = (message: Anthropic.Message): { text: string; stopReason: string | null } => ({
  text: message.content.map((block) => (block.type === 'text' ? block.text : '')).join(''),
  stopReason: message.stop_reason,
});

export const usageOf = (message: Anthropic.Message): Usage => ({
  inputTokens: message.usage.input_tokens,
  outputTokens: message.usage.output_tokens,
  model: message.model,
});

/** Too many requests, overload and the server's own faults pass; a refused key or request does not. */
export const isPassing = (status: number | undefined): boolean =>
  status === undefined || status === 408 || status === 409 || status === 429 || status >= 500;
