import { PostgresTestServer } from '@aet/persistence/testing';
import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statfsSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { aet, FleetCommand, processesOf, reports, stateOf, untilReady } from './fleet-command.js';
import { SampleRepository } from './sample-repository.js';

const sample = (): SampleRepository => new SampleRepository().commit('Begin', { 'README.md': '# Here\n' });

/** Every file below a folder that can be read as text. */
const textsBelow = (folder: string): { file: string; text: string }[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .map((file) => ({ file, text: readFileSync(file, 'latin1') }));

describe('ports of the last start', () => {
  it('are given up when others listen there, and the job is done on other ones', async () => {
    using repository = sample();
    expect((await aet(repository.path, ['up', '--detach'])).code).toBe(0);
    expect((await aet(repository.path, ['down'])).code).toBe(0);
    const layer = (): string => readFileSync(join(stateOf(repository.path), 'cells/local/runtime.yaml'), 'utf8');
    const ports = (): number[] => [...layer().matchAll(/(?:127\.0\.0\.1:|port: )(\d+)/g)].map(([, port]) => Number(port));
    const before = ports();
    expect(before).toHaveLength(3);
    const foreign = await Promise.all(before.map(listener));
    try {
      const { code, output } = await aet(repository.path, ['start', '--once']);
      expect(code, output).toBe(0);
      expect(ports()).toHaveLength(3);
      expect(ports().filter((port) => before.includes(port))).toEqual([]);
      expect(reports(repository.path)).toHaveLength(1);
      expect(foreign.every((server) => server.listening)).toBe(true);
    } finally {
      for (const server of foreign) server.close();
    }
    expect(processesOf(repository.path)).toEqual([]);
  });
});

async function listener(port: number) {
  const server = createServer();
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, '127.0.0.1', resolve));
  return server;
}

/** A disk of its own with a repository on it. */
class SmallDisk implements Disposable {
  readonly path = mkdtempSync(join(tmpdir(), 'aet-disk-'));
  private constructor() {}

  /** Undefined where nothing may be mounted. */
  static mount(size: string): SmallDisk | undefined {
    const disk = new SmallDisk();
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', disk.path], { stdio: 'pipe' });
    } catch {
      rmSync(disk.path, { recursive: true });
      return undefined;
    }
    using repository = sample();
    execFileSync('git', ['clone', '--quiet', repository.path, join(disk.path, 'here')], { stdio: 'pipe' });
    return disk;
  }
  get project(): string {
    return join(this.path, 'here');
  }
  remount(mode: 'ro' | 'rw'): void {
    execFileSync('mount', ['-o', `remount,${mode}`, this.path], { stdio: 'pipe' });
  }
  fill(): void {
    const { bavail, bsize } = statfsSync(this.path);
    writeFileSync(join(this.path, 'filler'), Buffer.alloc(bavail * bsize));
  }
  [Symbol.dispose](): void {
    execFileSync('umount', [this.path], { stdio: 'pipe' });
    rmSync(this.path, { recursive: true });
  }
}

describe('a disk', () => {
  const mounted = (context: { skip: (note: string) => never }): SmallDisk =>
    SmallDisk.mount('40m') ?? context.skip('no file system may be mounted here: run as root to test full and read-only disks');
  const refused = async (disk: SmallDisk, ...args: string[]): Promise<string> => {
    const { code, output } = await aet(disk.project, args);
    expect(code).toBe(1);
    expect(output).not.toMatch(/^\s+at /m);
    expect(processesOf(disk.path)).toEqual([]);
    const errors = output.split('\n').filter((line) => line.startsWith('error: '));
    expect(errors).toHaveLength(1);
    expect(errors[0]).toContain(disk.project);
    return errors.join();
  };

  it('that becomes full during the start, and one that is full already, are named with the remedy', async (context) => {
    using disk = mounted(context);
    expect(await refused(disk, 'start', '--once')).toMatch(/(disk|space).*free some/);
    rmSync(join(disk.project, '.aet'), { recursive: true });
    disk.fill();
    expect(await refused(disk, 'start', '--once')).toMatch(/disk.* is full.*free some space/);
  });

  it('that is read-only is named with the remedy, before and after a first start', async (context) => {
    using disk = mounted(context);
    for (const prepare of [() => undefined, () => mkdirSync(join(disk.project, '.aet/state/secrets'), { recursive: true })]) {
      disk.remount('rw');
      prepare();
      disk.remount('ro');
      expect(await refused(disk, 'start', '--once')).toMatch(/read-only: start from a folder that can be written/);
      expect(await refused(disk, 'up', '--detach')).toMatch(/read-only: start from a folder that can be written/);
      expect(await aet(disk.project, ['down'])).toMatchObject({ code: 0, output: 'no fleet runs in this folder\n' });
    }
  });
});

describe('what the user brings along', () => {
  it('may be a PostgreSQL of his own, whose password stays in one file', async () => {
    using repository = sample();
    await using server = await PostgresTestServer.start();
    const password = decodeURIComponent(new URL(server.url).password);
    expect(password.length).toBeGreaterThan(16);
    await using fleet = new FleetCommand(repository.path, ['up'], { DATABASE_URL: server.url });
    const { children } = await untilReady(repository.path);
    expect(children.map(({ name }) => name)).not.toContain('postgres');
    const run = await aet(repository.path, ['run', 'review', '-i', `repo=${repository.path}`, '--follow']);
    expect(run.code, run.output).toBe(0);
    // The supervisor itself was given it that way.
    const processes = processesOf(repository.path).filter(({ pid }) => pid !== fleet.pid);
    expect(processes.length).toBeGreaterThanOrEqual(7);
    expect(processes.filter(({ command, environment }) => `${command}${environment}`.includes(password))).toEqual([]);
    const files = textsBelow(join(repository.path, '.aet')).filter(({ text }) => text.includes(password));
    expect(files.map(({ file }) => file)).toEqual([join(stateOf(repository.path), 'secrets/database.url')]);
    expect(fleet.output + run.output).not.toContain(password);
    fleet.signal('SIGTERM');
    expect(await fleet.exited).toBe(0);
    expect(processesOf(repository.path)).toEqual([]);
  });

  it('may be a key for a model, whose words stand in the report and whose key in one file', async () => {
    using repository = sample();
    const key = ['sk', 'ant', 'test', 'Z9y8X7w6V5u4T3s2'].join('-');
    const words = 'The change is small and says what it does; merge it.';
    await using model = await messagesApi(words);
    mkdirSync(join(repository.path, '.aet'));
    writeFileSync(join(repository.path, '.aet/config.yaml'), `models:\n  anthropic:\n    baseUrl: ${model.url}\n`);
    const { code, output } = await aet(repository.path, ['start', '--once'], { ANTHROPIC_API_KEY: key });
    expect(code, output).toBe(0);
    expect(model.keys.length).toBeGreaterThan(0);
    expect(model.keys.every((given) => given.includes(key))).toBe(true);
    expect(reports(repository.path)[0]?.markdown).toContain(words);
    const files = textsBelow(join(repository.path, '.aet')).filter(({ text }) => text.includes(key));
    expect(files.map(({ file }) => file)).toEqual([join(stateOf(repository.path), 'secrets/anthropic.key')]);
    expect(output).not.toContain(key);
    expect(processesOf(repository.path)).toEqual([]);
  });
});

/** A server that streams one answer as the Messages API does. */
async function messagesApi(words: string) {
  const keys: string[] = [];
  const frame = (type: string, data: object): string => `event: ${type}\ndata: ${JSON.stringify({ type, ...data })}\n\n`;
  const server = createHttpServer((request, response) => {
    keys.push(`${request.headers.authorization} ${String(request.headers['x-api-key'])}`);
    request.resume().once('end', () => {
      const usage = { input_tokens: 7, output_tokens: 1 };
      const message = { id: 'm', type: 'message', role: 'assistant', content: [], model: 'any', stop_reason: null, usage };
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(frame('message_start', { message }));
      response.write(frame('content_block_start', { index: 0, content_block: { type: 'text', text: '' } }));
      response.write(frame('content_block_delta', { index: 0, delta: { type: 'text_delta', text: words } }));
      response.write(frame('content_block_stop', { index: 0 }));
      response.write(frame('message_delta', { delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 9 } }));
      response.end(frame('message_stop', {}));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    keys,
    [Symbol.asyncDispose]: () => {
      server.closeAllConnections();
      return new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

describe('a machine without nats-server and without a network', () => {
  it('is told every way to one that was tried', async () => {
    using repository = sample();
    const programs = join(repository.path, 'programs');
    const empty = join(repository.path, 'empty');
    for (const folder of [programs, empty]) mkdirSync(folder);
    // unshare: as root the database needs it, and it must not be what fails.
    for (const name of ['node', 'git', 'unshare']) linkProgram(name, programs);
    const { code, output } = await aet(repository.path, ['start', '--once'], {
      PATH: programs,
      HOME: empty,
      XDG_CACHE_HOME: empty,
      AET_NATS_SERVER: '',
      // Node's fetch goes through a proxy that is not there.
      NODE_USE_ENV_PROXY: '1',
      HTTPS_PROXY: 'http://127.0.0.1:9',
    });
    expect(code).toBe(1);
    expect(output.match(/^error: /gm)).toHaveLength(1);
    const [, error = ''] = /^(error: [^]*?)(?=^the fleet is stopped)/m.exec(output) ?? [];
    expect(error).toMatch(/no nats-server .* is to be had\. Install one .*put it on PATH or name it in AET_NATS_SERVER/);
    for (const way of ['PATH', "user's cache", 'release', 'go install', 'Debian', 'Homebrew'])
      expect(error.toLowerCase()).toContain(way.toLowerCase());
    expect(processesOf(repository.path)).toEqual([]);
  });
});

/** The first of that name on this test's PATH, so that nothing beside it is on the new one. */
function linkProgram(name: string, folder: string): void {
  if (name === 'node') return symlinkSync(process.execPath, join(folder, name));
  const found = (process.env['PATH'] ?? '')
    .split(delimiter)
    .map((entry) => join(entry, name))
    .find((path) => existsSync(path));
  if (found !== undefined) symlinkSync(found, join(folder, name));
}
