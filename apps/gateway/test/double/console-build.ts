import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

const CONSOLE = join(import.meta.dirname, '../../../console');

/** The console, built from the present sources into the given folder. */
export async function buildConsole(outDir: string): Promise<string> {
  const vite = join(dirname(createRequire(join(CONSOLE, 'vite.config.ts')).resolve('vite/package.json')), 'bin/vite.js');
  // The runner's NODE_ENV would make it a development build.
  const env = { ...process.env, NODE_ENV: 'production' };
  const args = [vite, 'build', '--outDir', outDir, '--emptyOutDir', '--logLevel', 'warn'];
  await promisify(execFile)(process.execPath, args, { cwd: CONSOLE, env });
  return outDir;
}

/** A Chromium of this machine. Undefined: there is none, and a browser test says so and stands aside. */
export const chromium = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  process.env['CHROME_PATH'] ?? '',
].find((path) => path !== '' && existsSync(path));
