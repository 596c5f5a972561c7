/** Lock files that are recognised and not read. */
const KNOWN: Record<string, string> = {
  'pnpm-lock.yaml': 'pnpm audit',
  'yarn.lock': 'yarn npm audit',
  'bun.lock': 'bun audit',
  'bun.lockb': 'bun audit',
  'Cargo.lock': 'cargo audit',
  'go.sum': 'govulncheck ./...',
  'poetry.lock': 'pip-audit',
  'uv.lock': 'pip-audit',
  'Pipfile.lock': 'pip-audit',
  'Gemfile.lock': 'bundle audit',
  'composer.lock': 'composer audit',
};

const nameOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

export const isNpmLock = (path: string): boolean => ['package-lock.json', 'npm-shrinkwrap.json'].includes(nameOf(path));

/** A sentence for the report; undefined: not a lock file, or one that is audited. */
export function notAudited(path: string): string | undefined {
  const tool = KNOWN[nameOf(path)];
  return tool === undefined ? undefined : `${path} was not audited: this format is not read yet; run "${tool}"`;
}
