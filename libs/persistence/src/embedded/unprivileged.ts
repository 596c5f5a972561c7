import { spawnSync } from 'node:child_process';
import { readFileSync, realpathSync, statSync } from 'node:fs';
import path from 'node:path';
import { ELSEWHERE, EmbeddedPostgresFailed } from './embedded-failed.js';

/** PostgreSQL refuses to run as root. How a process becomes somebody else. */
export type Identity =
  /** We are not root: nothing to do. */
  | { kind: 'self' }
  /** An existing user of the machine. */
  | { kind: 'user'; uid: number; gid: number; name: string }
  /** Root outside, that user's number inside a user namespace of its own: sees root's files as its own, has none of root's powers. */
  | { kind: 'namespace'; uid: number };

export interface Account {
  name: string;
  uid: number;
  gid: number;
}

/** Users to become, best first: who called sudo, then those made for such things. None is created. */
export function candidates(accounts: readonly Account[], sudoUid: number | undefined): Account[] {
  const wanted = [
    accounts.find(({ uid }) => uid === sudoUid),
    ...['postgres', 'nobody'].map((name) => accounts.find((account) => account.name === name)),
  ];
  return wanted.filter((account): account is Account => account !== undefined && account.uid > 0);
}

interface Mode {
  mode: number;
  uid: number;
  gid: number;
}

/** Whether the permission bits (4 read, 1 search or execute) let the account in. Other groups of the account are given up with the change. */
export function allows({ mode, uid, gid }: Mode, account: Account, bits: number): boolean {
  const shift = uid === account.uid ? 6 : gid === account.gid ? 3 : 0;
  return ((mode >> shift) & bits) === bits;
}

/** Whether the account can search every folder above `file`. What does not exist yet is made by us, and fits. */
export function reaches(account: Account, file: string): boolean {
  for (let folder = path.dirname(existing(file)); ; folder = path.dirname(folder)) {
    const stat = statSync(folder, { throwIfNoEntry: false });
    if (stat !== undefined && !allows(stat, account, 1)) return false;
    if (folder === path.dirname(folder)) return true;
  }
}

function existing(file: string): string {
  try {
    return realpathSync(file);
  } catch {
    const parent = path.dirname(file);
    return parent === file ? file : path.join(existing(parent), path.basename(file));
  }
}

/**
 * Who runs `program` on `dataDir`. @throws {EmbeddedPostgresFailed} for root on a machine where it can become nobody else
 */
export function chooseIdentity(program: string, dataDir: string): Identity {
  if (process.getuid?.() !== 0) return { kind: 'self' };
  const accounts = readAccounts();
  const sudo = process.env['SUDO_UID'];
  const user = candidates(accounts, sudo === undefined ? undefined : Number(sudo)).find(
    (account) => reaches(account, program) && allows(statSync(program), account, 5) && reaches(account, dataDir),
  );
  if (user !== undefined) return { kind: 'user', ...user };
  const inside = accounts.find(({ uid }) => uid === 1000) ?? accounts.find(({ uid }) => uid > 0 && uid < 65534);
  if (inside !== undefined && worksInNamespace(program, inside.uid)) return { kind: 'namespace', uid: inside.uid };
  throw new EmbeddedPostgresFailed(
    `PostgreSQL does not run as root, and no other user reaches ${dataDir} and ${program}: start as a normal user, ` +
      `or allow others to pass through the folders above them (chmod o+x), ${ELSEWHERE}`,
  );
}

/** The passwd file, because initdb asks it for the name of its user. */
function readAccounts(): Account[] {
  const lines = readFileSync('/etc/passwd', 'utf8').split('\n');
  return lines.flatMap((line) => {
    const [name = '', , uid, gid] = line.split(':');
    return uid === undefined || gid === undefined ? [] : [{ name, uid: Number(uid), gid: Number(gid) }];
  });
}

const worksInNamespace = (program: string, uid: number): boolean => {
  const probe = asIdentity({ kind: 'namespace', uid }, program, ['--version']);
  return spawnSync(probe.program, probe.args, { stdio: 'ignore' }).status === 0;
};

export interface ProgramCall {
  program: string;
  args: string[];
  /** Of the child; absent: as this process. */
  uid?: number;
  gid?: number;
}

/** The call that runs `program` as that identity: in the foreground, with the pid that the spawn returns. */
export function asIdentity(identity: Identity, program: string, args: readonly string[]): ProgramCall {
  switch (identity.kind) {
    case 'self':
      return { program, args: [...args] };
    case 'user':
      return { program, args: [...args], uid: identity.uid, gid: identity.gid };
    case 'namespace': {
      const { uid } = identity;
      return { program: 'unshare', args: ['--user', `--map-user=${uid}`, `--map-group=${uid}`, '--', program, ...args] };
    }
  }
}
