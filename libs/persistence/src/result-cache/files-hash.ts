import type { FileHashes } from '@aet/contracts';
import { createHash } from 'node:crypto';

/** One hash for a set of files and their content. SHA-256, hex. */
export const filesHashOf = (files: FileHashes): string => {
  const lines = Object.entries(files)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([path, hash]) => JSON.stringify([path, hash]));
  return createHash('sha256').update(lines.join('\n')).digest('hex');
};
