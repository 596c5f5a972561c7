import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ancestors = (folder: string): string[] => {
  const parent = dirname(folder);
  return parent === folder ? [folder] : [folder, ...ancestors(parent)];
};

/** The folder in which AET itself is installed: the one with `config/base.yaml`, above this file. */
export function findHome(): string {
  const here = dirname(fileURLToPath(import.meta.url));
  const home = ancestors(here).find((folder) => existsSync(join(folder, 'config', 'base.yaml')));
  if (home === undefined) throw new Error(`config/base.yaml was not found above ${here}: install AET again`);
  return home;
}

/** The project that a command or service belongs to: the nearest folder with `.aet` or `.git`, else the folder itself. */
export const findProject = (cwd: string): string =>
  ancestors(cwd).find((folder) => existsSync(join(folder, '.aet')) || existsSync(join(folder, '.git'))) ?? cwd;
