import { AetError, ErrorCode } from '@aet/contracts';
import { readFileSync, statSync } from 'node:fs';

export class SecretFileRefused extends AetError {
  readonly code = ErrorCode.ConfigInvalid;
}

/** The trimmed content of a secret's file. Refuses a file that others may read: a secret that leaked once is not one. @throws {SecretFileRefused} */
export function readSecretFile(file: string): string {
  const mode = modeOf(file);
  if ((mode & 0o077) !== 0) {
    throw new SecretFileRefused(
      `${file} may be read by others (mode ${(mode & 0o777).toString(8)}): run \`chmod 600\` on it, and replace the secret if it may have leaked`,
    );
  }
  const secret = readFileSync(file, 'utf8').trim();
  if (secret === '') throw new SecretFileRefused(`${file} is empty: write the secret into it, mode 0600`);
  return secret;
}

function modeOf(file: string): number {
  try {
    return statSync(file).mode;
  } catch (error) {
    throw new SecretFileRefused(`the secret's file ${file} cannot be read: ${(error as Error).message}`, { cause: error });
  }
}
