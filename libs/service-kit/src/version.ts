import { readFileSync } from 'node:fs';

/** SemVer of AET; all workspaces carry the same. */
export const AET_VERSION = (JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string })
  .version;
