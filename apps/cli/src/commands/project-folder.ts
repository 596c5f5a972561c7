import { findProject } from '@aet/config';
import { NotFound } from '@aet/contracts';
import { existsSync, realpathSync } from 'node:fs';
import { resolve } from 'node:path';

/** The folder whose fleet is meant: the named one, else the project around the current folder. @throws {NotFound} */
export function projectFolder(named: string | undefined): string {
  if (named === undefined) return realpathSync(findProject(process.cwd()));
  const folder = resolve(named);
  if (!existsSync(folder)) throw new NotFound(`${folder} does not exist: name a folder with --project`);
  return realpathSync(folder);
}
