import { type AetConfig, readSecretFile } from '@aet/config';
import { AetError, ErrorCode } from '@aet/contracts';
import { readFileSync } from 'node:fs';
import type { AccessSecrets } from '../application/access.js';

const SHA256_HEX = /^[0-9a-f]{64}$/;
/** A key shorter than the hash's output would be the weak part. Characters. */
const MIN_KEY = 32;

class AccessSecretsInvalid extends AetError {
  readonly code = ErrorCode.ConfigInvalid;
}

/** Reads what the gateway compares tokens with and signs sessions with. @throws {AccessSecretsInvalid | SecretFileRefused} */
export function readAccessSecrets({ tokenHashFile, sessionKeyFile }: AetConfig['gateway']): AccessSecrets {
  const hash = readHash(tokenHashFile);
  if (!SHA256_HEX.test(hash)) {
    throw new AccessSecretsInvalid(
      `${tokenHashFile} must hold the SHA-256 of the bearer token as 64 hex digits, and nothing else`,
    );
  }
  const sessionKey = readSecretFile(sessionKeyFile);
  if (sessionKey.length < MIN_KEY) {
    throw new AccessSecretsInvalid(`${sessionKeyFile} must hold at least ${MIN_KEY} random characters`);
  }
  return { tokenHash: Buffer.from(hash, 'hex'), sessionKey };
}

function readHash(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim().toLowerCase();
  } catch (error) {
    throw new AccessSecretsInvalid(`gateway.tokenHashFile ${file} cannot be read: ${(error as Error).message}`, { cause: error });
  }
}
