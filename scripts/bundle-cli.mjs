// The command `aet` in few files: `apps/cli/dist/bundle/`. Otherwise a command such as `aet simple` is 350 modules, and to load them is most of its time.
// `bin/aet.mjs` takes the bundle for everything but `up` and `start`, as long as it is not older than what it was made of.
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

const dist = fileURLToPath(new URL('../apps/cli/dist/', import.meta.url));
const plain = fileURLToPath(new URL('../apps/cli/bin/plain-decorators.mjs', import.meta.url));
/** Needed by most commands. All else from npm is loaded by who needs it. */
const INSIDE = /^(@aet\/|commander$|yaml$|lru-cache$|reflect-metadata$|@jmespath-community\/)/;
/** A command checks nothing that it is sent: see `lean-modules.mjs`. */
const DECORATORS = new Set(['class-validator', 'class-transformer']);

export async function bundleCli() {
  const bundle = await rolldown({
    input: { main: `${dist}main.js` },
    platform: 'node',
    logLevel: 'warn',
    external: (id) => /^[@a-z]/.test(id) && !INSIDE.test(id) && !DECORATORS.has(id),
    plugins: [{ name: 'plain-decorators', resolveId: (id) => (DECORATORS.has(id) ? plain : null) }],
  });
  await bundle.write({
    dir: `${dist}bundle`,
    format: 'esm',
    entryFileNames: '[name].js',
    chunkFileNames: '[name].js',
    cleanDir: true,
  });
  await bundle.close();
}
