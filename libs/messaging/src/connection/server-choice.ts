import type { Server } from '@nats-io/nats-core';

/**
 * Which server to dial next: the one that was dialled the longest ago. So the server that was just lost comes last, and one that hangs, or
 * whose machine is gone, costs its time only after all others were tried.
 */
export const leastRecent = (pool: readonly Server[]): Server | null =>
  pool.reduce<Server | null>((best, server) => (best === null || server.lastConnect < best.lastConnect ? server : best), null);

/** The servers of the list that the client forgot: it drops those that it does not reach at its first connection, for ever. */
export const forgotten = (servers: readonly string[], pool: readonly Pick<Server, 'listen'>[]): string[] =>
  servers.filter((server) => !pool.some(({ listen }) => listen === addressOf(server)));

const DEFAULT_PORT = '4222';

/** `host:port`, as the client keeps it. */
function addressOf(server: string): string {
  const { hostname, port } = new URL(server.includes('://') ? server : `nats://${server}`);
  return `${hostname}:${port === '' ? DEFAULT_PORT : port}`;
}
