import { assertNever } from '@aet/contracts';
import type { Status } from '@nats-io/nats-core';

/** What a link went through since it was made. */
export interface LinkCounts {
  /** Times that the connection was lost, whoever ended it. */
  disconnects: number;
  /** Times that a server was found again. */
  reconnects: number;
  /** Losses because the server left two pings in a row without an answer: it hangs, or the network is cut. */
  staleConnections: number;
  /** Times that this process turned out to read more slowly than it is sent. A server ends such a connection, without a word. */
  slowConsumers: number;
}

/** A link as its notices tell it. */
export interface LinkWatch {
  counts: Readonly<LinkCounts>;
  /** Bytes that had come when the last ping was sent. */
  bytesAtPing: number;
  /** Data comes, and the answer to a ping does not: it lies behind what was not read yet. */
  lagging: boolean;
}

export const unwatched: LinkWatch = {
  counts: { disconnects: 0, reconnects: 0, staleConnections: 0, slowConsumers: 0 },
  bytesAtPing: 0,
  lagging: false,
};

/** The server's words where it has no code. Source: nats-server `server/errors.go`. */
const SLOW = /slow consumer/i;
const STALE = /stale connection/i;

/**
 * A notice of the NATS client. Servers from 2.9 to 2.15 close the connection of a slow consumer without saying so; so the pings are watched:
 * an answer that is overdue while other data comes stands in a line that is too long.
 * @param inBytes all that came over the connection until now
 */
export function watched(watch: LinkWatch, event: Status, inBytes: number): LinkWatch {
  switch (event.type) {
    case 'disconnect':
      return { ...counted(watch, 'disconnects'), lagging: false };
    case 'reconnect':
      return { ...counted(watch, 'reconnects'), bytesAtPing: inBytes };
    case 'staleConnection':
      return watch.lagging ? watch : counted(watch, 'staleConnections');
    case 'slowConsumer':
      return counted(watch, 'slowConsumers');
    case 'ping':
      return pinged(watch, event.pendingPings, inBytes);
    case 'error':
      if (SLOW.test(event.error.message)) return counted(watch, 'slowConsumers');
      return STALE.test(event.error.message) ? counted(watch, 'staleConnections') : watch;
    case 'reconnecting':
    case 'forceReconnect':
    case 'update':
    case 'ldm':
    case 'close':
      return watch;
    default:
      return assertNever(event);
  }
}

/** @param pendings this ping included */
function pinged(watch: LinkWatch, pendings: number, inBytes: number): LinkWatch {
  const behind = pendings > 1 && inBytes > watch.bytesAtPing;
  const next = { ...watch, bytesAtPing: inBytes, lagging: pendings > 1 && (watch.lagging || behind) };
  return behind && !watch.lagging ? counted(next, 'slowConsumers') : next;
}

const counted = (watch: LinkWatch, what: keyof LinkCounts): LinkWatch => ({
  ...watch,
  counts: { ...watch.counts, [what]: watch.counts[what] + 1 },
});
