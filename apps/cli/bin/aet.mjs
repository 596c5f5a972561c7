#!/usr/bin/env node
// `aet`, also installed as `super-agents`. Runs the built program, on the project's own Node when this one is too old; says what to do when there is none.
import { spawn } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import * as module from 'node:module';
import { fileURLToPath } from 'node:url';

const entry = new URL('../dist/main.js', import.meta.url);
const ownNode = fileURLToPath(new URL('../../../node_modules/node/bin/node', import.meta.url));
const BUNDLED = [
  'apps/cli',
  ...['contracts', 'resilience', 'runs', 'config', 'executors', 'messaging', 'persistence'].map((lib) => `libs/${lib}`),
];
const tooOld = Number(process.versions.node.split('.')[0]) < 24;

if (!existsSync(fileURLToPath(entry))) fail('AET is not built yet: run `npm start`, or `npm run build`');
else if (!tooOld) {
  // Halves the time that loading takes; a folder that cannot be written is passed by in silence.
  module.enableCompileCache(fileURLToPath(new URL('../../../node_modules/.cache/aet', import.meta.url)));
  const { main } = await import(await program());
  process.exitCode = await main(process.argv.slice(2));
} else if (existsSync(ownNode)) handOver();
else fail(`Node 24 or later is needed, this is ${process.version}: run \`npm install\`, which brings one for this project`);

/** Who holds a fleet is more than a command: it takes the program as it was compiled. A command takes the bundle, or else what it needs. */
async function program() {
  if (process.argv.slice(2).some((argument) => argument === 'up' || argument === 'start')) return entry.href;
  const bundle = new URL('../dist/bundle/main.js', import.meta.url);
  if (isCurrent(bundle)) return bundle.href;
  const { loadLean } = await import('./lean-modules.mjs');
  loadLean();
  return entry.href;
}

/** Whether nothing that the bundle was made of was compiled since. */
function isCurrent(bundle) {
  const made = changedAt(bundle);
  return made > 0 && BUNDLED.every((part) => changedAt(new URL(`../../../${part}/dist/.tsbuildinfo`, import.meta.url)) <= made);
}

/** Milliseconds; 0: it is not there, as in an image that holds no sources. */
function changedAt(file) {
  return statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

function handOver() {
  const args = ['--enable-source-maps', fileURLToPath(import.meta.url), ...process.argv.slice(2)];
  // The channel tells `aet` when this process is killed: it then stops the fleet as on Ctrl-C.
  const child = spawn(ownNode, args, { stdio: ['inherit', 'inherit', 'inherit', 'ipc'] });
  // A terminal sends Ctrl-C to both of us: `aet` knows echoes by their time.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.once('error', (error) => fail(`the project's own Node does not run (${error.message}): run \`npm install\` again`));
  child.once('exit', (code, signal) => {
    process.exitCode = code ?? 128 + (signal === 'SIGKILL' ? 9 : signal === 'SIGINT' ? 2 : 15);
  });
}

function fail(problem) {
  console.error(`error: ${problem}`);
  process.exitCode = 1;
}
