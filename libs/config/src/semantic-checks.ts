import { RPC_METHODS, isToken, leastBurst } from '@aet/contracts';
import type { AetConfig } from './aet-config.js';

/** What a schema cannot say: relations between values. Each gives the key to look at and a sentence with the remedy. */
export function semanticProblems(config: AetConfig): { key: string; message: string }[] {
  const problems: { key: string; message: string }[] = [];
  const unless = (fine: boolean, key: string, message: string) => {
    if (!fine) problems.push({ key, message });
  };
  for (const pool of ['service', 'km'] as const) {
    const { from, to } = config.ports[pool];
    unless(from <= to, `ports.${pool}.to`, `must not be below ports.${pool}.from (${from})`);
  }
  // A holder trusts its lease until ttl - 1 s: at least one renewal has to fit before.
  unless(
    config.lease.renewMs <= (config.lease.ttlMs - 1000) / 2 + 1,
    'lease.renewMs',
    `must be at most (lease.ttlMs - 1000) / 2 = ${(config.lease.ttlMs - 1000) / 2}`,
  );
  unless(
    config.work.workingMs * 2 <= config.work.ackWaitMs,
    'work.workingMs',
    `must be at most half of work.ackWaitMs (${config.work.ackWaitMs}): one lost sign of life must not lose the task`,
  );
  unless(
    config.outbox.segmentBytes <= config.outbox.maxBytes,
    'outbox.segmentBytes',
    `must not be above outbox.maxBytes (${config.outbox.maxBytes}): space is given back by whole segments`,
  );
  unless(!config.cell.peers.includes(config.cell.name), 'cell.peers', `must not name the cell itself (${config.cell.name})`);
  config.nats.servers.forEach((server, index) =>
    unless(
      /^(nats|tls):\/\/[^/@\s]+$/.test(server),
      `nats.servers.${index}`,
      'must be nats://host:port or tls://host:port, without a user or password',
    ),
  );
  for (const [capability, { perSecond, burst }] of Object.entries(config.work.rates)) {
    const key = `work.rates.${capability}`;
    unless(isToken(capability), key, 'must be the name of a capability');
    unless(perSecond !== undefined, key, 'must say perSecond');
    unless(
      burst === undefined || perSecond === undefined || burst >= leastBurst(perSecond),
      `${key}.burst`,
      `must be at least ${leastBurst(perSecond)} for ${perSecond} per second`,
    );
  }
  const targets = callTargets();
  for (const name of Object.keys(config.resilience.targets)) {
    unless(targets.has(name), 'resilience.targets', `names ${name}, which nobody answers; known: ${[...targets].join(', ')}`);
  }
  return problems;
}

/** What can be called: each service, and each of its methods. */
const callTargets = (): Set<string> =>
  new Set(RPC_METHODS.flatMap(({ service, method }): string[] => [service, `${service}.${method}`]));
