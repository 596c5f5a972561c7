import type { AetConfig } from '@aet/config';
import { type NatsLink, NatsRpcClient, PolicyRpcClient } from '@aet/messaging';
import type { Log } from '@aet/telemetry';

/** The calls of a service, with the policies of its configuration. A breaker that opens or closes is logged and told to `onChange`; its trials are not. */
export function policedCalls(link: NatsLink, config: AetConfig, log: Log, onChange: () => void): PolicyRpcClient {
  const { namespace, rpc, resilience } = config;
  const resting = new Set<string>();
  const plain = new NatsRpcClient(link, { namespace, defaultTimeoutMs: rpc.timeoutMs });
  return new PolicyRpcClient(plain, {
    policies: resilience,
    timeoutMs: rpc.timeoutMs,
    onBreaker: (target, _before, after) => {
      if (after === 'open' && !resting.has(target)) {
        resting.add(target);
        log.warn(`${target} fails: calls of it are refused here until one succeeds`, { target });
      } else if (after === 'closed') {
        resting.delete(target);
        log.info(`${target} answers again`, { target });
      } else return;
      onChange();
    },
  });
}
