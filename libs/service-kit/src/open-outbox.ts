import type { AetConfig } from '@aet/config';
import { DirectOutbox, FileOutbox, type NatsLink, type Outbox, type OutboxStatus } from '@aet/messaging';
import type { Log } from '@aet/telemetry';
import type { HealthBoard } from './health-board.js';
import type { ServiceDefinition } from './service-definition.js';
import type { ServiceIdentity } from './service-identity.js';

export interface OutboxRequest {
  definition: ServiceDefinition;
  identity: ServiceIdentity;
  config: AetConfig;
  link: NatsLink;
  board: HealthBoard;
  log: Log;
}

const PART = 'outbox';

/** The outbox of this process, where one is configured. A disk that does not take it makes the service degraded, not dead. Never rejects. */
export async function openOutbox({ definition, identity, config, link, board, log }: OutboxRequest): Promise<Outbox> {
  if (config.outbox.dir === '' || definition.outbox === false) return new DirectOutbox(link);
  const { namespace, cell, service } = identity;
  try {
    return await FileOutbox.open(link, {
      ...config.outbox,
      name: `${namespace}.${cell}.${service}`,
      onChange: (status) => show(status, board),
    });
  } catch (error) {
    const message = `there is no outbox: ${config.outbox.dir} cannot be used (${(error as Error).message}); what NATS does not take is not kept`;
    log.error(message, { err: error });
    board.report(PART, message);
    return new DirectOutbox(link);
  }
}

function show({ problem, setAside, folder }: OutboxStatus, board: HealthBoard): void {
  if (problem !== undefined) board.report(PART, problem);
  else if (setAside > 0) board.report(PART, `messages that cannot leave were set aside: look into ${folder}/set-aside`);
  else board.clear(PART);
}
