// Compiles every project (TypeScript 7, incremental), puts the command `aet` into few files, and builds the console page. `--no-console` leaves the page out.
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { bundleCli } from './bundle-cli.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const run = (args, cwd = root) => execFileSync(process.execPath, args, { cwd, stdio: 'inherit' });

run(['node_modules/typescript-7/bin/tsc', '-b', ...process.argv.filter((a) => a === '--force')]);
await bundleCli();
if (!process.argv.includes('--no-console') && existsSync(`${root}/apps/console/index.html`)) {
  run([`${root}/node_modules/vite/bin/vite.js`, 'build', '--logLevel', 'warn'], `${root}/apps/console`);
}
