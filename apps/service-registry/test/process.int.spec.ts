import { eventually, NatsTestServer } from '@aet/messaging/testing';
import type { ProcessMessage } from '@aet/service-kit';
import { prepareCell } from '@aet/service-kit/testing';
import { type ChildProcess, execFile, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';

const app = fileURLToPath(new URL('..', import.meta.url));
/** Throws outside of any handler when the test says so. */
const BOOM = `data:text/javascript,process.once('SIGUSR2',()=>{setImmediate(()=>{throw new Error('boom')})})`;

let nats: NatsTestServer;
let dir: string;
const children: ChildProcess[] = [];

// The program as it ships: compiled, in a process of its own.
beforeAll(async () => {
  const compiler = join(dirname(createRequire(import.meta.url).resolve('typescript-7/package.json')), 'bin/tsc');
  await promisify(execFile)(process.execPath, [compiler, '-b', app]);
  nats = await NatsTestServer.start();
  await prepareCell(nats.url);
  dir = await mkdtemp(join(tmpdir(), 'aet-registry-'));
});
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});
afterAll(async () => {
  await nats[Symbol.asyncDispose]();
  await rm(dir, { recursive: true, force: true });
});

async function start() {
  const env = { ...process.env, AET__nats__servers: JSON.stringify([nats.url]), AET__log__dir: dir, NODE_OPTIONS: '' };
  const child = fork(join(app, 'dist/main.js'), [], { cwd: dir, env, execArgv: ['--import', BOOM], stdio: 'ignore' });
  children.push(child);
  const messages: ProcessMessage[] = [];
  child.on('message', (message) => messages.push(message as ProcessMessage));
  const exited = once(child, 'exit') as Promise<[number | null, string | null]>;
  const ready = await eventually(() => messages.find((message) => message.kind === 'ready'), 'the service is ready', 20_000);
  return { child, exited, messages, ready };
}

it('tells its supervisor that it is ready, and ends with 0 on SIGTERM', async () => {
  const { child, exited, messages, ready } = await start();
  console.info(`ready after ${ready.readyMs} ms with ${Math.round(ready.rssBytes / 1e6)} MB`);
  expect((await fetch(`${ready.url ?? ''}/ready`)).status).toBe(200);
  child.kill('SIGTERM');
  expect(await exited).toEqual([0, null]);
  expect(messages.map(({ kind }) => kind)).toEqual(['ready', 'draining']);
});

it('drains when its supervisor is gone', async () => {
  const { child, exited } = await start();
  child.disconnect();
  expect(await exited).toEqual([0, null]);
});

it('takes Ctrl-C and the SIGTERM of its supervisor for one wish', async () => {
  const { child, exited } = await start();
  child.kill('SIGINT');
  child.kill('SIGTERM');
  expect(await exited).toEqual([0, null]);
});

it('logs an error that nobody caught, tells it, and ends with 1', async () => {
  const { child, exited, messages, ready } = await start();
  child.kill('SIGUSR2');
  expect(await exited).toEqual([1, null]);
  expect(messages.at(-1)).toEqual({ kind: 'failed', service: 'service-registry', message: 'boom' });
  const file = (await readdir(dir)).find((name) => name === `${ready.instance}.log`);
  expect(await readFile(join(dir, file ?? ''), 'utf8')).toMatch(/"level":"fatal".*boom/);
});
