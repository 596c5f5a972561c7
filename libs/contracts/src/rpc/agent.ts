import { ServiceName } from '../service-name.js';
import { Empty, IDEMPOTENT, rpcMethod } from './method.js';

/** An agent definition as a host loaded it. */
export interface AgentInfo {
  name: string;
  description: string;
  capabilities: string[];
  executor: string;
  version?: string;
  /** File it was read from, relative to the project, or `shipped:<file>`. */
  source: string;
}
export interface AgentList {
  host: string;
  instance: string;
  slots: { total: number; busy: number };
  agents: AgentInfo[];
}

export const AgentRpc = {
  list: rpcMethod<AgentList>()(ServiceName.Agent, 'list', Empty, 'The agents that this host runs.', IDEMPOTENT),
} as const;
