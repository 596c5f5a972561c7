import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stopped } from '../../support/child.ts';
import { freePorts, untilListening } from '../../support/ports.ts';
import { Program } from '../../support/program.ts';
import { type Contender, ordered } from './contender.ts';

const module = fileURLToPath(new URL('temporal.program.ts', import.meta.url));

/** The version of the `temporal` on PATH; undefined when there is none. */
export function temporalVersion(): string | undefined {
  try {
    const text = execFileSync('temporal', ['--version'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
    return /version ([\w.-]+)/.exec(text)?.[1] ?? text.trim();
  } catch {
    return undefined;
  }
}

/** Temporal's development server as it comes (SQLite in memory), one worker and one client process with its TypeScript SDK. */
export async function startTemporal(version: string): Promise<Contender> {
  const dir = mkdtempSync(join(tmpdir(), 'aet-bench-temporal-'));
  const [port = 0, http = 0, metrics = 0] = await freePorts(3);
  const server = spawn(
    'temporal',
    ['server', 'start-dev', '--headless', '--log-level', 'error', ...ports({ port, http, metrics })],
    { cwd: dir, stdio: 'ignore', env: { ...process.env, HOME: dir } },
  );
  await using started = new AsyncDisposableStack();
  started.defer(() => rmSync(dir, { recursive: true, force: true }));
  started.defer(() => stopped(server));
  const address = `127.0.0.1:${port}`;
  await untilListening(port);
  const program = (role: string): Promise<Program> =>
    Program.start({ module, args: [role, address], cwd: dir, logFile: join(dir, `${role}.log`) });
  started.use(await program('worker'));
  const client = started.use(await program('client'));
  const parts = started.move();
  return {
    name: `Temporal dev server ${version}`,
    run: (order) => ordered(client, order),
    [Symbol.asyncDispose]: () => parts.disposeAsync(),
  };
}

const ports = ({ port, http, metrics }: Record<'port' | 'http' | 'metrics', number>): string[] => [
  `--port=${port}`,
  `--http-port=${http}`,
  `--metrics-port=${metrics}`,
];
