import { chmod, link, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { Forbidden, NotFound, ValidationFailed } from '@aet/contracts';
import { createUser, fromSeed } from '@nats-io/nkeys';
import { readSeed, seedFile } from '../connection/read-seed.js';
import { NATS_USERS, type NatsUser, OtherUser } from './nats-user.js';

/** The public half of every user's key. */
export type PublicKeys = Readonly<Record<NatsUser, string>>;

/** What a server that dials another one includes in its configuration: the leaf user's seed, as configuration text. */
export const leafSeedConfig = (dir: string): string => join(dir, 'leaf.conf');

/**
 * One NKEY for each user, made when its file is missing and never changed afterwards. Files have mode 0600 in a folder of 0700.
 * Several processes at once end up with the same keys.
 * @throws {Forbidden} others may read a file, or the folder cannot be written; {ValidationFailed} a file holds no seed.
 */
export async function ensureCredentials(dir: string): Promise<PublicKeys> {
  await ownFolder(dir);
  const keys = await Promise.all(NATS_USERS.map(async (user) => [user, await ensureKey(dir, user)] as const));
  return Object.fromEntries(keys) as Record<NatsUser, string>;
}

async function ownFolder(dir: string): Promise<void> {
  try {
    await mkdir(dir, { recursive: true, mode: 0o700 });
    await chmod(dir, 0o700);
  } catch (cause) {
    throw new Forbidden(`the credentials folder ${dir} cannot be made private to this user: ${message(cause)}`, { cause });
  }
}

async function ensureKey(dir: string, user: NatsUser): Promise<string> {
  const seed = await readSeed(dir, user).catch(async (error: unknown) => {
    if (!(error instanceof NotFound)) throw error;
    await makeSeed(dir, user);
    return readSeed(dir, user);
  });
  const publicKey = publicKeyOf(seed, dir, user);
  if (user === OtherUser.Leaf) await replacePrivate(leafSeedConfig(dir), `nkey: "${Buffer.from(seed).toString('latin1')}"\n`);
  seed.fill(0);
  return publicKey;
}

/** The file appears whole or not at all, and whoever is second keeps what the first one made. */
async function makeSeed(dir: string, user: NatsUser): Promise<void> {
  const path = seedFile(dir, user);
  const pair = createUser();
  const scratch = await writeScratch(path, pair.getSeed());
  pair.clear();
  try {
    await link(scratch, path);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EEXIST')
      throw new Forbidden(`${path} cannot be written: ${message(cause)}`, { cause });
  } finally {
    await rm(scratch, { force: true });
  }
}

async function replacePrivate(path: string, text: string): Promise<void> {
  await rename(await writeScratch(path, text), path);
}

async function writeScratch(path: string, content: Uint8Array | string): Promise<string> {
  const scratch = `${path}.${randomBytes(6).toString('hex')}`;
  try {
    await writeFile(scratch, content, { mode: 0o600, flag: 'wx' });
    return scratch;
  } catch (cause) {
    throw new Forbidden(`${path} cannot be written: ${message(cause)}`, { cause });
  }
}

/** A seed carries a checksum: a damaged one is found here, and not as a refused login later. */
function publicKeyOf(seed: Uint8Array, dir: string, user: NatsUser): string {
  try {
    // The pair wipes the bytes that it was made of.
    const pair = fromSeed(seed.slice());
    const key = pair.getPublicKey();
    pair.clear();
    return key;
  } catch {
    throw new ValidationFailed(
      `${seedFile(dir, user)} holds a damaged seed: delete it and start again, and a new one is made`,
      [],
    );
  }
}

const message = (error: unknown): string => (error instanceof Error ? error.message : String(error));
