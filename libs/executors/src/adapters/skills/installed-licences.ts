import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { asObject } from '../../domain/skills/json.js';
import { licenceOf } from '../../domain/skills/dependencies/npm-lock.js';

/** Reads what an installed package says about its licence. Undefined: it is not installed here, or says nothing. */
export function installedLicence(folder: string, place: string): string | undefined {
  // The place comes from a file under review: it must not lead out of node_modules.
  if (!place.startsWith('node_modules/') || place.split('/').includes('..')) return undefined;
  try {
    const manifest = asObject(JSON.parse(readFileSync(join(folder, place, 'package.json'), 'utf8')));
    return licenceOf(manifest['license'] ?? manifest['licenses']);
  } catch {
    return undefined;
  }
}
