#!/usr/bin/env node
// `aet`, also installed as `super-agents`. Runs the built program, on the project's own Node when this one is too old; says what to do when there is none.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import * as module from 'node:module';
import { fileURLToPath } from 'node:url';

const entry = new URL('../dist/main.js', import.meta.url);
const ownNode = fileURLToPath(new URL('../../../node_modules/node/bin/node', import.meta.url));
const tooOld = Number(process.versions.node.split('.')[0]) < 24;

if (!existsSync(fileURLToPath(entry))) fail('AET is not built yet: run `npm start`, or `npm run build`');
else if (!tooOld) {
  // Halves the time that loading takes; a folder that cannot be written is passed by in silence.
  module.enableCompileCache(fileURLToPath(new URL('../../../node_modules/.cache/aet', import.meta.url)));
  // Who holds a fleet is more than a command.
  if (!process.argv.slice(2).some((argument) => argument === 'up' || argument === 'start')) {
    const { loadLean } = await import('./lean-modules.mjs');
    loadLean();
  }
  const { main } = await import(entry.href);
  process.exitCode = await main(process.argv.slice(2));
} else if (existsSync(ownNode)) handOver();
else fail(`Node 24 or later is needed, this is ${process.version}: run \`npm install\`, which brings one for this project`);

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
