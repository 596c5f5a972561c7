import type { Lane } from '@aet/contracts';

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
  /** For `command`: the program is one effect outside of AET. `reconcile` tells by its exit code whether it was done: 0 yes, 1 no, else nobody knows. */
  effect?: {
    /** A template over `inputs`, the task's input. Default: the agent's name. */
    key?: string;
    reconcile: { program: string; args: string[] };
  };
  /** Of work that names the agent and no lane. */
  lane?: Lane;
  version?: string;
  /** File it was read from. */
  source: string;
}
