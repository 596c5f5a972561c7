import type { AetConfig } from '@aet/config';
import { type ServiceName, Slot, ValidationFailed } from '@aet/contracts';
import { randomBytes } from 'node:crypto';
import { AET_VERSION } from './version.js';

/** Who this process is. Injectable everywhere in a service. */
export abstract class ServiceIdentity {
  abstract readonly service: ServiceName;
  /** `<service>-<8 characters>`, new at each start. */
  abstract readonly instance: string;
  abstract readonly version: string;
  abstract readonly slot: Slot;
  abstract readonly namespace: string;
  abstract readonly cell: string;
  abstract readonly host: string;
  abstract readonly startedAt: string;
}

/** Letters and digits that a person does not mistake for each other. 32 of them, so a byte maps without bias. */
const ALPHABET = 'abcdefghijkmnpqrstuvwxyz23456789';
const randomSuffix = (): string => [...randomBytes(8)].map((byte) => ALPHABET[byte % ALPHABET.length]).join('');

/** A new identity. The slot comes from `AET_SLOT`, set by whoever deploys two versions side by side. */
export function newIdentity(service: ServiceName, config: AetConfig, env: NodeJS.ProcessEnv, startedAt: Date): ServiceIdentity {
  return Object.freeze({
    service,
    instance: `${service}-${randomSuffix()}`,
    version: AET_VERSION,
    slot: slotOf(env['AET_SLOT']),
    namespace: config.namespace,
    cell: config.cell.name,
    host: config.host.name,
    startedAt: startedAt.toISOString(),
  });
}

function slotOf(text: string | undefined): Slot {
  if (text === undefined || text === '') return Slot.Blue;
  const slot = Object.values(Slot).find((known) => known === text);
  if (slot !== undefined) return slot;
  throw new ValidationFailed(`AET_SLOT is "${text}": use ${Object.values(Slot).join(' or ')}`, []);
}
