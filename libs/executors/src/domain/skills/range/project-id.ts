/** `sha256Hex` is an argument: the domain reads no crypto module. */
export type Digest = (text: string) => string;

/** The remote without user, password, query and trailing `.git`: the same for the ssh and the https form of one repository. */
export function remoteIdentity(url: string): string {
  const scp = /^(?:[^@/]+@)?([^:/]+):(?!\/\/)(.+)$/.exec(url);
  const plain = scp ? `${scp[1]}/${scp[2]}` : url.replace(/^[a-z+]+:\/\//i, '').replace(/^[^@/]*@/, '');
  return plain
    .replace(/[?#].*$/, '')
    .replace(/\/+$/, '')
    .replace(/\.git$/, '')
    .toLowerCase();
}

/**
 * Stable name of a project: the last part of the remote (else of the folder) and 8 hex digits over the whole identity.
 * The same clone gives the same id on every machine; two folders of one name do not collide.
 */
export function projectId(remote: string | null, folder: string, digest: Digest): string {
  const identity = remote === null ? folder : remoteIdentity(remote);
  const last = identity.split(/[\\/]/).findLast((part) => part !== '') ?? 'project';
  const name = last
    .toLowerCase()
    .replace(/[^a-z0-9_-]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 48);
  return `${name === '' ? 'project' : name}-${digest(identity).slice(0, 8)}`;
}
