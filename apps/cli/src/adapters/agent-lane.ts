import { loadConfig } from '@aet/config';
import type { Lane } from '@aet/contracts';
import { readAgentFiles, Roster } from '@aet/executors';

/** The lane that an agent's file names for its work; undefined: none, or the agent is none of this machine's. */
export function laneOfAgent(project: string, name: string): Lane | undefined {
  const { config } = loadConfig({ cwd: project, env: process.env });
  const { agents } = readAgentFiles(config.agents.dirs);
  return new Roster(agents, config.agents.only).agents.find((agent) => agent.name === name)?.lane;
}
