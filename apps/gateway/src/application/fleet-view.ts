import { type FleetView, HubRpc, RegistryRpc, toErrorBody } from '@aet/contracts';
import type { RpcClient } from '@aet/messaging';
import { type Answer, joinFleet } from '../domain/fleet-join.js';

/** Longest wait for either source. A page asks every two seconds, so a source that is late is as good as down. Milliseconds. */
const SOURCE_TIMEOUT_MS = 1500;

/** The fleet as hub and registry know it. Fails only when neither answers, with the registry's error. */
export async function readFleet(rpc: RpcClient, now: () => Date): Promise<FleetView> {
  const options = { timeoutMs: SOURCE_TIMEOUT_MS };
  const [hub, registry] = await Promise.all([
    answer(rpc.call(HubRpc.fleet, {}, options)),
    answer(rpc.call(RegistryRpc.instances, {}, options)),
  ]);
  if (!hub.ok && !registry.ok) throw registry.cause;
  return joinFleet(hub, registry, now());
}

async function answer<T>(call: Promise<T>): Promise<Answer<T> & { cause?: unknown }> {
  try {
    return { ok: true, value: await call };
  } catch (error) {
    return { ok: false, error: toErrorBody(error), cause: error };
  }
}
