import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const run = promisify(execFile);
const AET = fileURLToPath(new URL('../../apps/cli/bin/aet.mjs', import.meta.url));
const COMMANDS = ['start', 'up', 'down', 'status', 'run', 'create', 'logs', 'trace', 'queue', 'dlq'];

interface Ended {
  code: number;
  out: string;
  err: string;
}

/** Commands that need no fleet: what a shell sees of them. */
describe('aet without a fleet', () => {
  let folder: string;
  const aet = async (...args: string[]): Promise<Ended> => {
    try {
      const { stdout, stderr } = await run(process.execPath, [AET, ...args], { cwd: folder });
      return { code: 0, out: stdout, err: stderr };
    } catch (error) {
      const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
      return { code, out: stdout, err: stderr };
    }
  };
  const git = (...args: string[]) =>
    run('git', ['-c', 'user.name=t', '-c', 'user.email=t@example.org', ...args], { cwd: folder });

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'aet-cli-'));
    await mkdir(join(folder, '.aet'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it('lists its commands and exit codes', async () => {
    const { code, out } = await aet('--help');
    expect(code).toBe(0);
    for (const command of COMMANDS) expect(out).toMatch(new RegExp(`^  ${command} `, 'm'));
    expect(out).toContain('Exit codes: 0 done, 1 failed');
  });

  it.each(COMMANDS)('explains %s with examples and offers --json', async (command) => {
    const { code, out } = await aet(command, '--help');
    expect(code).toBe(0);
    expect(out).toContain('Examples:');
    expect(out).toContain('--json');
  });

  it.each(['stdout', 'stderr'] as const)('ends quietly when nobody reads %s any more, as with `| head`', async (stream) => {
    const child = spawn(process.execPath, [AET, ...(stream === 'stdout' ? ['--help'] : ['frob'])], {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let other = '';
    child[stream === 'stdout' ? 'stderr' : 'stdout'].on('data', (chunk: Buffer) => (other += chunk.toString()));
    child[stream].destroy();
    const [code] = (await once(child, 'close')) as [number | null];
    expect({ code, other }).toEqual({ code: 141, other: '' });
  });

  it.each([['frob'], ['start', '--bogus'], ['run'], ['up', '--slots', '0'], ['logs', '-n', 'x']])(
    'says what is wrong with `aet %s %s` and exits with 2',
    async (...args) => {
      const { code, err } = await aet(...args);
      expect(code).toBe(2);
      expect(err).toMatch(/^error: /);
    },
  );

  it('says that no fleet runs, and how to start one', async () => {
    expect(await aet('status')).toMatchObject({ code: 1, out: 'no fleet runs in this folder: start one with `aet up`\n' });
    const { code, err } = await aet('run', 'review');
    expect(code).toBe(1);
    expect(err).toMatch(/^error: no fleet runs in .*start one with `aet up`.*\n$/);
  });

  it('answers programs in JSON, errors too', async () => {
    expect(JSON.parse((await aet('status', '--json')).out)).toEqual({ running: false, leftovers: [] });
    const { code, out, err } = await aet('trace', 'x', '--json');
    expect({ code, err }).toEqual({ code: 1, err: '' });
    expect(JSON.parse(out)).toMatchObject({ error: { code: 'NOT_FOUND', retryable: false } });
  });

  it('has nothing to stop, which is no failure', async () => {
    expect(await aet('down')).toMatchObject({ code: 0, out: 'no fleet runs in this folder\n' });
  });

  it('refuses a folder that is no repository, an empty one and an unknown range before it starts anything', async () => {
    expect((await aet('start', '--once')).err).toMatch(/^error: .* is not a git repository: .*\n$/);
    await git('init', '-q');
    expect((await aet('start', '--once')).err).toMatch(/^error: .* has no commit yet.*\n$/);
    await writeFile(join(folder, 'a.md'), 'a');
    await git('add', '.');
    await git('commit', '-qm', 'a');
    const { code, err } = await aet('start', '--once', '--range', 'nowhere..HEAD');
    expect(code).toBe(1);
    expect(err).toMatch(/^error: the repository has no commit "nowhere": .*\n$/);
    expect(await readdir(join(folder, '.aet'))).toEqual([]);
  });

  it('names file, line and column of an invalid configuration, and leaves no trace', async () => {
    await writeFile(join(folder, '.aet/config.yaml'), 'lease:\n  ttlMs: soon\n');
    const { code, err } = await aet('up');
    expect(code).toBe(1);
    expect(err).toMatch(/^error: .*config\.yaml:2:10: lease\.ttlMs must be integer/);
    expect(await readdir(join(folder, '.aet'))).toEqual(['config.yaml']);
  });

  it('removes a stale record of a fleet', async () => {
    await mkdir(join(folder, '.aet/state'));
    const dead = { pid: 2 ** 22 - 1, start: '1-00000000' };
    const record = {
      version: 1,
      project: folder,
      supervisor: dead,
      startedAt: new Date().toISOString(),
      cells: ['local'],
      children: [],
    };
    await writeFile(join(folder, '.aet/state/fleet.json'), JSON.stringify(record));
    expect((await aet('status')).code).toBe(1);
    expect(await aet('down', '--json')).toMatchObject({ code: 0 });
    expect(await readdir(join(folder, '.aet/state'))).not.toContain('fleet.json');
  });
});
