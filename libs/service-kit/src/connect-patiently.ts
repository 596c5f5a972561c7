import type { AetConfig } from '@aet/config';
import { Unavailable } from '@aet/contracts';
import { connectNats, type NatsLink, readSeed } from '@aet/messaging';
import { retrying } from '@aet/resilience';
import type { Log } from '@aet/telemetry';
import type { ServiceIdentity } from './service-identity.js';
import { WaitingRoom } from './waiting-room.js';

export interface ConnectRequest {
  config: AetConfig;
  identity: ServiceIdentity;
  /** Where probes are answered meanwhile. */
  http: { host: string; port: number };
  log: Log;
  signal: AbortSignal;
}

/**
 * Connects as the service's own user, and waits for a server that is away: alive, and not ready.
 * @throws {Unauthenticated} {NotFound} {Forbidden} what waiting does not help; {Unavailable} only after the signal.
 */
export async function connectPatiently({ config, identity, http, log, signal }: ConnectRequest): Promise<NatsLink> {
  const { servers, credentialsDir } = config.nats;
  const seed = credentialsDir === '' ? undefined : await readSeed(credentialsDir, identity.service);
  await using room = new WaitingRoom(http, log);
  return await retrying(
    () => connectNats({ servers, user: identity.service, name: identity.instance, ...(seed === undefined ? {} : { seed }) }),
    {
      initialMs: 100,
      maxMs: 1_000,
      signal,
      retryable: (error) => error instanceof Unavailable,
      onRetry: (error, attempt) => {
        if (attempt === 1) log.warn('NATS is not there yet; waiting for it', { err: error });
        room.open((error as Error).message);
      },
    },
  );
}
