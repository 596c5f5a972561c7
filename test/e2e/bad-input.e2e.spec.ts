import { spawn } from 'node:child_process';
import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { aet, FleetCommand, processesOf, reports, stateOf, untilReady } from './fleet-command.js';
import { SampleRepository } from './sample-repository.js';

/** What cannot be done: an exit code, one line with the remedy, and nothing left running. */
describe('bad input', () => {
  let repository: SampleRepository;
  beforeEach(() => {
    repository = new SampleRepository();
  });
  afterEach(() => {
    const left = processesOf(repository.path);
    repository[Symbol.dispose]();
    if (left.length > 0) throw new Error(`left running: ${left.map(({ command }) => command).join(', ')}`);
  });

  const write = (path: string, text: string): void => {
    mkdirSync(join(repository.path, path, '..'), { recursive: true });
    writeFileSync(join(repository.path, path), text);
  };
  const refused = async (args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<string> => {
    const { code, output } = await aet(repository.path, args, env);
    expect(code).toBe(1);
    const errors = output.split('\n').filter((line) => line.startsWith('error: '));
    expect(errors).toHaveLength(1);
    expect(output).not.toMatch(/^\s+at /m);
    return errors.join();
  };

  it('names what is not a git repository and what to do', async () => {
    expect(await refused(['start', '--once', '--repo', '/proc'])).toMatch(/\/proc is not a git repository: .*--repo PATH/);
  });

  it('says that a repository has no commit yet', async () => {
    expect(await refused(['start', '--once'])).toMatch(/has no commit yet.*commit something first/);
  });

  it('says which commit of a range is unknown', async () => {
    repository.commit('Begin', { 'README.md': '# Here\n' });
    expect(await refused(['start', '--once', '--range', 'nowhere..HEAD'])).toMatch(/no commit "nowhere".*git log/);
  });

  it('names the nats-server that does not run', async () => {
    expect(await refused(['up'], { AET_NATS_SERVER: '/nowhere/nats-server' })).toMatch(
      /"\/nowhere\/nats-server".*correct or unset it/,
    );
  });

  it('names the invalid configuration file', async () => {
    write('.aet/config.yaml', 'work:\n  drainMs: soon\n');
    expect(await refused(['up'])).toMatch(/drainMs/);
  });

  it.each(['', '{"supervisor": {"pid"', 'null', '[]', '{}'])('takes the damaged fleet.json %j for no fleet', async (text) => {
    write('.aet/state/fleet.json', text);
    const { code, output } = await aet(repository.path, ['status']);
    expect({ code, output: output.trim() }).toEqual({ code: 1, output: 'no fleet runs in this folder: start one with `aet up`' });
  });

  it('leaves a foreign process alone that got the pid of a dead child', async () => {
    const foreign = spawn('sleep', ['60'], { stdio: 'ignore' });
    const ended = new Promise((resolve) => foreign.once('exit', resolve));
    try {
      const process = { pid: foreign.pid, start: 'another' };
      const child = {
        id: 'local/nats-server',
        name: 'nats-server',
        cell: 'local',
        kind: 'nats-server',
        phase: 'ready',
        restarts: 0,
        process,
      };
      write(
        '.aet/state/fleet.json',
        JSON.stringify({
          version: 1,
          project: repository.path,
          startedAt: new Date().toISOString(),
          supervisor: process,
          cells: ['local'],
          children: [child],
        }),
      );
      await aet(repository.path, ['down']);
      expect(foreign.exitCode ?? foreign.signalCode).toBeNull();
    } finally {
      foreign.kill();
      await ended;
    }
  });

  it('takes a seed that others may read for a leak, and says chmod 600', async () => {
    const seed = '.aet/state/cells/local/credentials/agent.nk';
    write(seed, 'anything');
    chmodSync(join(repository.path, seed), 0o644);
    expect(await refused(['up'])).toMatch(/agent\.nk can be read by others.*chmod 600/);
  });

  it('makes a password anew before there is a database, and says what to do when one is lost afterwards', async () => {
    const password = join(repository.path, '.aet/state/cells/local/postgres/password');
    write('.aet/state/cells/local/postgres/password', '');
    expect((await aet(repository.path, ['up', '--detach'])).code).toBe(0);
    expect((await aet(repository.path, ['down'])).code).toBe(0);
    const remedy = /: restore .*\/postgres\/password, or move .*\/postgres away to begin with an empty database/;
    for (const damage of [
      () => writeFileSync(password, ''),
      () => writeFileSync(password, 'another\n'),
      () => rmSync(password),
    ]) {
      damage();
      expect(await refused(['up'])).toMatch(remedy);
      expect(processesOf(repository.path)).toEqual([]);
    }
  });

  it('names file, line and column of an invalid workflow', async () => {
    write('.aet/workflows/x.yaml', 'name: x\nsteps:\n  - id: 3\n');
    expect((await aet(repository.path, ['up', '--detach'])).code).toBe(0);
    const { code, output } = await aet(repository.path, ['run', 'x']);
    expect((await aet(repository.path, ['down'])).code).toBe(0);
    expect({ code, output }).toEqual({
      code: 1,
      output: expect.stringMatching(
        /^error: .*\.aet\/workflows\/x\.yaml is not valid:$[^]*^ +\S+x\.yaml:2:1: steps: must be an object$/m,
      ) as string,
    });
  });

  it('ends what a killed supervisor had no time to write down, and nobody else', async () => {
    await using fleet = new FleetCommand(repository.path, ['up']);
    await untilReady(repository.path);
    const config = join(stateOf(repository.path), 'cells/local/nats/server.conf');
    const reader = spawn('tail', ['-f', config], { stdio: 'ignore', detached: true });
    const readerEnded = new Promise((resolve) => reader.once('exit', resolve));
    try {
      fleet.signal('SIGKILL');
      await fleet.exited;
      rmSync(join(stateOf(repository.path), 'fleet.json'));
      const down = await aet(repository.path, ['down']);
      expect(down).toMatchObject({ code: 0, output: expect.stringContaining('what it left is ended') as string });
      expect(processesOf(repository.path).map(({ pid }) => pid)).toEqual([reader.pid]);
      expect(await aet(repository.path, ['down'])).toMatchObject({ code: 0, output: 'no fleet runs in this folder\n' });
    } finally {
      reader.kill();
      await readerEnded;
    }
  });

  it('reviews a shallow clone with a detached head as a whole tree, and passes an invalid workflow by', async () => {
    repository.commit('Begin', { 'a.md': '# A\n' }).commit('Go on', { 'b.md': '# B\n' });
    const clone = join(repository.path, 'clone');
    repository.git('clone', '--quiet', '--depth', '1', `file://${repository.path}`, clone);
    repository.git('-C', clone, 'checkout', '--quiet', '--detach');
    write('clone/.aet/workflows/broken.yaml', 'name: broken\nsteps: [\n');
    const { code, output } = await aet(clone, ['start', '--once']);
    expect(code, output).toBe(0);
    expect(
      reports(clone)
        .map(({ markdown }) => markdown)
        .join(),
    ).toMatch(/shallow.*--unshallow/is);
  });
});
