import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { Forbidden, NotFound, ValidationFailed, token } from '@aet/contracts';

/** Permissions of the file's group and of everyone else. */
const OTHERS = 0o077;

/** File of a NATS user's seed inside the credentials folder. */
export const seedFile = (dir: string, user: string): string => join(dir, `${token(user, 'user')}.nk`);

/**
 * Reads a user's NKEY seed. The file must belong to its reader alone.
 * @throws {NotFound} no such file; {Forbidden} others may read it; {ValidationFailed} it holds no seed.
 */
export async function readSeed(dir: string, user: string): Promise<Uint8Array> {
  const path = seedFile(dir, user);
  const file = await open(path, 'r').catch((cause: unknown) => {
    throw new NotFound(`no seed of the NATS user "${user}" at ${path}: start the fleet once, or copy the file there`, { cause });
  });
  try {
    const { mode } = await file.stat();
    // Windows knows no such bits; its files are guarded by the folder's access list.
    if (process.platform !== 'win32' && (mode & OTHERS) !== 0) {
      throw new Forbidden(`${path} can be read by others (mode ${(mode & 0o777).toString(8)}): run chmod 600 on it`);
    }
    return asSeed((await file.readFile('latin1')).trim(), path);
  } finally {
    await file.close();
  }
}

function asSeed(text: string, path: string): Uint8Array {
  // The text itself is a secret and stays out of the message.
  if (!/^SU[A-Z2-7]{56}$/.test(text)) {
    throw new ValidationFailed(`${path} does not hold the NKEY seed of a user: delete it and let the fleet make a new one`, []);
  }
  return new TextEncoder().encode(text);
}
