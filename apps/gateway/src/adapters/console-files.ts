import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { extname, join, relative, sep } from 'node:path';
import { gzipSync } from 'node:zlib';
import { type ConsoleFile, ConsolePages } from '../application/console-pages.js';

const MEDIA_TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.json': 'application/json',
  '.woff2': 'font/woff2',
};

/** Files lie at the top or under `assets/`; a place such as `runs/1/artifacts/report.md` is neither, whatever its end. */
const FILE = /^(?:assets\/|[^/]*\.\w+$)/;

/**
 * The built console, read once. Requests are answered from this table and never reach the file system, so no path can lead out of the
 * folder. A folder without a build gives an empty table; a file that changes later is not noticed.
 */
export class ConsoleFiles extends ConsolePages {
  private readonly files = new Map<string, ConsoleFile>();

  constructor(dir: string) {
    super();
    if (dir === '' || !existsSync(join(dir, 'index.html'))) return;
    for (const entry of readdirSync(dir, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      const file = join(entry.parentPath, entry.name);
      this.files.set(relative(dir, file).split(sep).join('/'), load(file));
    }
  }

  get present(): boolean {
    return this.files.size > 0;
  }

  find(path: string): ConsoleFile | undefined {
    return this.files.get(path) ?? (FILE.test(path) ? undefined : this.files.get('index.html'));
  }
}

function load(file: string): ConsoleFile {
  const body = readFileSync(file);
  const gzip = gzipSync(body, { level: 9 });
  return {
    body,
    ...(gzip.length < body.length * 0.9 ? { gzip } : {}),
    mediaType: MEDIA_TYPES[extname(file)] ?? 'application/octet-stream',
    etag: `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`,
    immutable: /[/\\]assets[/\\][^/\\]+-[\w-]{8,}\.\w+$/.test(file),
  };
}
