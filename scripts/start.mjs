// `npm start`: installs and builds when needed, then hands over to `aet start` on the project's Node 24. Runs on Node 20.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { node24, prepare, PreparationFailed, root } from './prepare.mjs';

const seconds = (ms) => (ms === 0 ? 'nothing to do' : `${(ms / 1000).toFixed(1)} s`);

try {
  const begin = performance.now();
  const { installMs, buildMs } = await prepare();
  const checkMs = Math.max(0, performance.now() - begin - installMs - buildMs);
  console.error(`install ${seconds(installMs)} · build ${seconds(buildMs)} · check ${Math.round(checkMs)} ms`);
  handOver({ AET_START_TIMES: JSON.stringify({ installMs: Math.round(installMs), buildMs: Math.round(buildMs) }) });
} catch (error) {
  console.error(error instanceof PreparationFailed ? `error: ${error.message}` : error);
  process.exitCode = 1;
}

function handOver(times) {
  const args = ['--enable-source-maps', join(root, 'apps/cli/bin/aet.mjs'), 'start', ...process.argv.slice(2)];
  // The channel tells `aet` when this process is killed: it then stops the fleet as on Ctrl-C.
  const child = spawn(node24(), args, { stdio: ['inherit', 'inherit', 'inherit', 'ipc'], env: { ...process.env, ...times } });
  // A terminal sends Ctrl-C to both of us, and npm sends it once more: `aet` knows echoes by their time.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.once('error', (error) => {
    console.error(`error: ${error.message}`);
    process.exitCode = 1;
  });
  child.once('exit', (code, signal) => {
    process.exitCode = code ?? 128 + (signal === 'SIGKILL' ? 9 : signal === 'SIGINT' ? 2 : 15);
  });
}
