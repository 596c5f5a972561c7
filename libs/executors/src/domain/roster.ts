import type { AgentDefinition } from './agent-definition.js';

/** The agents of a host. Of two with one name the first wins: a project's own stands before the shipped one. */
export class Roster {
  readonly agents: readonly AgentDefinition[];
  readonly capabilities: readonly string[];

  /** @param only names to keep; empty: all */
  constructor(found: readonly AgentDefinition[], only: readonly string[] = []) {
    const byName = new Map<string, AgentDefinition>();
    for (const agent of found) if (!byName.has(agent.name)) byName.set(agent.name, agent);
    this.agents = [...byName.values()].filter((agent) => only.length === 0 || only.includes(agent.name));
    this.capabilities = [...new Set(this.agents.flatMap((agent) => agent.capabilities))];
  }

  /** The agent for a task, or undefined: the named one if it has the capability, else the first that has it. */
  choose(capability: string, name?: string): AgentDefinition | undefined {
    return this.agents.find((agent) => (name === undefined || agent.name === name) && agent.capabilities.includes(capability));
  }
}
