/** An agent as its Markdown file describes it: Claude Code's front matter, and the optional `aet:` block. */
export interface AgentDefinition {
  name: string;
  description: string;
  tools: string[];
  model?: string;
  /** The Markdown body: the system prompt. */
  prompt: string;
  capabilities: string[];
  /** `builtin`, `command`, `claude`. */
  executor: string;
  /** For `command`: program and arguments, never a shell string. */
  command?: { program: string; args: string[] };
  version?: string;
  /** File it was read from. */
  source: string;
}
