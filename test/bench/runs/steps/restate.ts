import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stopped } from '../../support/child.ts';
import { runsPeers } from '../../support/peers.ts';
import { freePorts, untilListening } from '../../support/ports.ts';
import { Program } from '../../support/program.ts';
import { type Contender, ordered } from './contender.ts';

const module = fileURLToPath(new URL('restate.program.ts', import.meta.url));

/** Restate's single server as it comes, with one service process of its TypeScript SDK and one client process. */
export async function startRestate(version: string): Promise<Contender> {
  const dir = mkdtempSync(join(tmpdir(), 'aet-bench-restate-'));
  const [ingress = 0, admin = 0, node = 0, service = 0] = await freePorts(4);
  await using started = new AsyncDisposableStack();
  started.defer(() => rmSync(dir, { recursive: true, force: true }));
  const server = spawn(process.execPath, [serverProgram(), '--base-dir', join(dir, 'data'), '--no-logo'], {
    cwd: dir,
    stdio: 'ignore',
    env: {
      ...process.env,
      RESTATE_LOG_FILTER: 'error',
      RESTATE_BIND_ADDRESS: `127.0.0.1:${node}`,
      RESTATE_ADVERTISED_ADDRESS: `http://127.0.0.1:${node}/`,
      RESTATE_INGRESS__BIND_ADDRESS: `127.0.0.1:${ingress}`,
      RESTATE_ADMIN__BIND_ADDRESS: `127.0.0.1:${admin}`,
      DO_NOT_TRACK: '1',
    },
  });
  started.defer(() => stopped(server));
  await Promise.all([untilListening(admin), untilListening(ingress)]);
  const program = (role: string): Promise<Program> =>
    Program.start({
      module,
      args: [role, `http://127.0.0.1:${ingress}`, String(service)],
      cwd: dir,
      logFile: join(dir, `${role}.log`),
    });
  started.use(await program('worker'));
  await deploy(admin, service);
  const client = started.use(await program('client'));
  const parts = started.move();
  return {
    name: `Restate ${version}`,
    run: (order) => ordered(client, order),
    [Symbol.asyncDispose]: () => parts.disposeAsync(),
  };
}

async function deploy(admin: number, service: number): Promise<void> {
  const reply = await fetch(`http://127.0.0.1:${admin}/deployments`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ uri: `http://127.0.0.1:${service}` }),
  });
  if (!reply.ok) throw new Error(`Restate refused the service: ${await reply.text()}`);
}

/** The package's program, which starts the binary for this machine. */
function serverProgram(): string {
  const manifest = runsPeers.require.resolve('@restatedev/restate-server/package.json');
  const { bin } = runsPeers.require(manifest) as { bin: string | Record<string, string> };
  return join(dirname(manifest), typeof bin === 'string' ? bin : (bin['restate-server'] ?? ''));
}
