import { AgentRpc, type AgentRoster, type InstanceRecord, RegistryRpc, ServiceName, toErrorBody } from '@aet/contracts';
import type { RpcClient } from '@aet/messaging';

/** Longest wait for one host. Milliseconds. */
const HOST_TIMEOUT_MS = 1500;

/** Asks every host of agents that holds a lease. A host that does not answer is named, and delays nobody. */
export async function readAgents(rpc: RpcClient): Promise<AgentRoster> {
  const { cells } = await rpc.call(RegistryRpc.instances, { service: ServiceName.Agent });
  const roster: AgentRoster = { hosts: [], silent: [] };
  await Promise.all(
    cells
      .filter((cell) => cell.state !== 'unreachable')
      .flatMap((cell) => cell.instances)
      .map((record) => ask(rpc, record, roster)),
  );
  roster.hosts.sort((a, b) => a.host.localeCompare(b.host) || a.instance.localeCompare(b.instance));
  return roster;
}

async function ask(rpc: RpcClient, record: InstanceRecord, roster: AgentRoster): Promise<void> {
  try {
    roster.hosts.push(await rpc.call(AgentRpc.list, {}, { instance: record.instance, timeoutMs: HOST_TIMEOUT_MS }));
  } catch (error) {
    roster.silent.push({ instance: record.instance, host: record.host, error: toErrorBody(error) });
  }
}
