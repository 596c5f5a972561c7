import type { AetConfig } from '@aet/config';

/** What an operator wants to see of the configuration. Only values that can hold no secret are named here. */
export function configSummary(config: AetConfig): object {
  return {
    namespace: config.namespace,
    cell: config.cell.name,
    peers: config.cell.peers,
    host: config.host.name,
    natsServers: config.nats.servers,
    lease: config.lease,
    logLevel: config.log.level,
    logDir: config.log.dir,
    tracing: config.telemetry.otlpEndpoint !== '',
    rpcTimeoutMs: config.rpc.timeoutMs,
  };
}
