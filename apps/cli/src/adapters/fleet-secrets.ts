import { Conflict } from '@aet/contracts';
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { writeFileAtomic } from './atomic-file.js';
import type { StateFolder } from './state-folder.js';

const SECRET_MODE = 0o600;
/** 256 bits: nothing to guess. */
const SECRET_BYTES = 32;

/** Files of what the user brought along. */
export interface GivenSecrets {
  anthropicKeyFile?: string;
  databaseUrlFile?: string;
}

/** Makes the gateway's token and session key, once. The token's file is for clients, its hash for the gateway. */
export function ensureGatewaySecrets(state: StateFolder): void {
  const tokenFile = state.tokenFile();
  if (!existsSync(tokenFile)) writeFileAtomic(tokenFile, `${randomBytes(SECRET_BYTES).toString('base64url')}\n`, SECRET_MODE);
  const token = readFileSync(tokenFile, 'utf8').trim();
  writeFileAtomic(state.tokenHashFile(), `${createHash('sha256').update(token).digest('hex')}\n`, SECRET_MODE);
  const sessionKey = state.secret('gateway-session.key');
  if (!existsSync(sessionKey)) writeFileAtomic(sessionKey, `${randomBytes(SECRET_BYTES).toString('base64url')}\n`, SECRET_MODE);
}

/**
 * Moves secrets out of our environment into files that only this user may read; what is kept there from an earlier start is used again.
 * @throws {Conflict} when one database is given for several cells.
 */
export function takeGivenSecrets(state: StateFolder, env: NodeJS.ProcessEnv, cells: number): GivenSecrets {
  const anthropicKeyFile = keep(state.secret('anthropic.key'), env['ANTHROPIC_API_KEY']);
  const url = env['DATABASE_URL'];
  if (url !== undefined && url !== '' && cells > 1) {
    throw new Conflict('DATABASE_URL names one database, and every cell needs its own: unset it, or start one cell');
  }
  // Not kept over starts: without the variable the fleet has its own database again.
  const databaseUrlFile = url === undefined || url === '' ? undefined : keep(state.secret('database.url'), url);
  delete env['ANTHROPIC_API_KEY'];
  delete env['DATABASE_URL'];
  return {
    ...(anthropicKeyFile === undefined ? {} : { anthropicKeyFile }),
    ...(databaseUrlFile === undefined ? {} : { databaseUrlFile }),
  };
}

function keep(file: string, value: string | undefined): string | undefined {
  if (value !== undefined && value !== '') writeFileAtomic(file, `${value}\n`, SECRET_MODE);
  return existsSync(file) ? file : undefined;
}
