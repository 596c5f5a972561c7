import { type AetError, Unauthenticated, Unavailable, inboxPrefix } from '@aet/contracts';
import { type Authenticator, AuthorizationError, UserAuthenticationExpiredError, nkeyAuthenticator } from '@nats-io/nats-core';
import { type NodeConnectionOptions, connect } from '@nats-io/transport-node';
import { type NatsLink, linkOver } from './nats-link.js';
import { forgotten, leastRecent } from './server-choice.js';

export interface NatsOptions {
  /** `nats://host:port`; all servers of the cell. */
  servers: readonly string[];
  /** The server's user, which names the inbox prefix, such as `orchestrator`. */
  user: string;
  /** NKEY seed of the user, from `readSeed`. Absent: a server without credentials. */
  seed?: Uint8Array;
  /** Shown in the server's list of connections, such as the instance's id. */
  name: string;
  /** Wait for ever for a server that is not there yet, instead of failing. Default false. */
  waitOnFirstConnect?: boolean;
  /** Longest wait for the handshake with one server, in milliseconds. Default 5,000; 2,000 where there are others to try. */
  timeoutMs?: number;
}

const HANDSHAKE_MS = 5_000;
const HANDSHAKE_OF_MANY_MS = 2_000;

/**
 * Connects with the settings that were measured: a hung server is noticed after 4 to 6 s (pings of 2 s, two unanswered), a client comes back within
 * 250 to 350 ms of the server, for ever, and a thousand clients do not come back at one moment. When a server is lost, the others of the list
 * are tried at once.
 * @throws {Unauthenticated} the server refuses the user; {Unavailable} no server answers.
 */
export async function connectNats(options: NatsOptions): Promise<NatsLink> {
  const prefix = inboxPrefix(options.user);
  try {
    const connection = await connect(settings(options, prefix));
    const pool = connection.getServers();
    const dropped = forgotten(options.servers, pool);
    if (dropped.length > 0) connection.setServers([...pool.map(({ listen }) => listen), ...dropped]);
    return linkOver(connection, prefix);
  } catch (error) {
    throw connectError(options, error);
  }
}

function settings(options: NatsOptions, prefix: string): NodeConnectionOptions {
  const credentials: { authenticator?: Authenticator } =
    options.seed === undefined ? {} : { authenticator: nkeyAuthenticator(options.seed) };
  return {
    servers: [...options.servers],
    name: options.name,
    inboxPrefix: prefix,
    pingInterval: 2_000,
    maxPingOut: 2,
    maxReconnectAttempts: -1,
    reconnectTimeWait: 250,
    reconnectJitter: 100,
    reconnectToServer: leastRecent,
    timeout: options.timeoutMs ?? (options.servers.length > 1 ? HANDSHAKE_OF_MANY_MS : HANDSHAKE_MS),
    waitOnFirstConnect: options.waitOnFirstConnect ?? false,
    // A stack trace made for every request costs more than the request.
    noAsyncTraces: true,
    ...credentials,
  };
}

function connectError(options: NatsOptions, cause: unknown): AetError {
  const where = options.servers.map(withoutUser).join(', ');
  if (cause instanceof AuthorizationError || cause instanceof UserAuthenticationExpiredError) {
    return new Unauthenticated(
      `the NATS server at ${where} refuses the user "${options.user}": its seed does not belong to a key that the server knows`,
      { cause },
    );
  }
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new Unavailable(`no NATS server answers at ${where} (${reason}): check that it runs and that the address is right`, {
    cause,
  });
}

/** An address may carry a password, which stays out of messages. */
const withoutUser = (server: string): string => server.replace(/\/\/[^@/]*@/, '//');
