// Removes what the build made. `--state` also removes the fleet's data in .aet/state, unless a fleet runs there; `--all` node_modules as well.
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const flags = new Set(process.argv.slice(2));
const remove = (path) => rmSync(join(root, path), { recursive: true, force: true });

for (const kind of ['libs', 'apps']) for (const name of readdirSync(join(root, kind))) remove(`${kind}/${name}/dist`);
remove('node_modules/.aet-build');
remove('coverage');
if (flags.has('--state') || flags.has('--all')) removeState();
if (flags.has('--all')) remove('node_modules');

function removeState() {
  const fleet = join(root, '.aet/state/fleet.json');
  const pid = existsSync(fleet) ? JSON.parse(readFileSync(fleet, 'utf8')).supervisor?.pid : undefined;
  if (pid !== undefined && isAlive(pid)) {
    console.error(`error: a fleet runs in this folder (pid ${pid}): stop it with \`aet down\`, then clean again`);
    process.exit(1);
  }
  remove('.aet/state');
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
