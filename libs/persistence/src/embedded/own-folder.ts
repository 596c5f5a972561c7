import { chownSync, lchownSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import type { Identity } from './unprivileged.js';

/** Gives the folder and all in it to the identity, when it is not its own already. Only root can, and only root needs it. */
export function ownFolder(folder: string, identity: Identity): void {
  if (identity.kind === 'self') return;
  const owner = identity.kind === 'user' ? identity : { uid: 0, gid: 0 };
  if (statSync(folder).uid === owner.uid) return;
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    lchownSync(path.join(entry.parentPath, entry.name), owner.uid, owner.gid);
  }
  chownSync(folder, owner.uid, owner.gid); // last: an interrupted change is seen and done again
}
