import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { configSourceContract } from '../test/config-source.contract.js';
import { ConfigInvalid } from './config-problem.js';
import { loadConfig } from './load-config.js';
import { readSecretFile } from './secret-file.js';

let project: string;

beforeEach(() => {
  project = mkdtempSync(join(tmpdir(), 'aet-config-'));
  mkdirSync(join(project, '.aet'));
});
afterEach(() => rmSync(project, { recursive: true, force: true }));

function write(path: string, text: string): string {
  const file = join(project, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
  return file;
}
const load = (env: Record<string, string> = {}, flags: Record<string, string> = {}) => loadConfig({ cwd: project, env, flags });
function problemsOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (error instanceof ConfigInvalid) return error.message;
    throw error;
  }
  throw new Error('was accepted');
}

describe('a loaded configuration', () => {
  it.each(configSourceContract)('$name', ({ obeysContract }) => {
    obeysContract({
      make(weaker, stronger) {
        write('.aet/config.yaml', weaker);
        return load({ AET_CONFIG_RUNTIME: write('runtime.yaml', stronger) });
      },
    });
  });
});

describe('layers', () => {
  it('have a default for every key', () => {
    const { config } = load();
    expect(config.lease).toEqual({ renewMs: 1000, ttlMs: 3000 });
    expect(config.agents.dirs[0]).toBe(join(project, '.aet/agents'));
  });

  it('win in the order project, runtime, environment, flags', () => {
    write('.aet/config.yaml', 'log: { level: debug, maxFiles: 2 }\nrpc: { timeoutMs: 1 0 }\n'.replace('1 0', '10'));
    const runtime = write('runtime.yaml', 'log: { level: warn }\nhost: { name: pc2 }\n');
    const source = load(
      { AET_CONFIG_RUNTIME: runtime, AET__rpc__timeoutMs: '20', AET__log__maxFiles: '3' },
      { 'log.maxFiles': '4' },
    );
    expect(source.config.log).toMatchObject({ level: 'warn', maxFiles: 4 });
    expect(source.config.rpc.timeoutMs).toBe(20);
    expect(source.config.host.labels).toEqual({ role: 'secondary' });
  });

  it('change the policies of a target key by key', () => {
    write('.aet/config.yaml', 'resilience: { targets: { km.search: { breaker: { openMs: 30000 }, fallback: { hits: [] } } } }\n');
    const { resilience } = load({ AET__resilience__targets__km__retry__attempts: '1' }).config;
    expect(resilience.default.breaker).toEqual({ failures: 5, openMs: 1000 });
    expect(resilience.targets).toMatchObject({
      'km.search': { breaker: { openMs: 30_000 }, fallback: { hits: [] } },
      km: { retry: { attempts: 1 } },
    });
  });

  it('have the names that the documentation gives them', () => {
    const file = write('.aet/config.yaml', 'log: { level: debug }\n');
    const { origins } = load({ AET__log__level: 'error' }).explain('log.level');
    expect(origins.map((o) => [o.layer, o.value])).toEqual([
      ['default', 'info'],
      ['env/dev', 'info'],
      ['project', 'debug'],
      ['environment', 'error'],
    ]);
    expect(origins[2]).toMatchObject({ file });
  });

  it('find the running fleet of the project when it has one cell', () => {
    write('.aet/state/cells/local/runtime.yaml', 'database: { port: 6543 }\n');
    expect(load().config.database.port).toBe(6543);
  });
});

describe('a bad configuration', () => {
  it('is told with file, line, column, the value and what is allowed, all at once', () => {
    const file = write('.aet/config.yaml', 'log:\n  level: loud\nlease:\n  ttlMs: soon\nlaese: {}\n');
    const message = problemsOf(load);
    expect(message).toContain('3 problems');
    expect(message).toContain(`${file}:2:10: log.level must be one of trace, debug, info, warn, error, fatal (found "loud")`);
    expect(message).toContain(`${file}:4:10: lease.ttlMs must be integer (found "soon")`);
    expect(message).toContain('laese is not a known key; known here: namespace, cell,');
  });

  it.each([
    ['a duplicate key', 'log: {}\nlog: {}\n', 'Map keys must be unique'],
    ['broken YAML', 'log: [\n', ':2:1:'],
    ['a list', '- a\n', 'must be a map of sections'],
    ['a semantic error', 'work: { workingMs: 4000 }\n', 'at most half of work.ackWaitMs'],
    ['a password in an address', 'nats: { servers: ["nats://me:secret@host:1"] }\n', 'without a user or password'],
    ['a target that nobody answers', 'resilience: { targets: { km.serach: {} } }\n', 'names km.serach, which nobody answers'],
    [
      'an unknown policy',
      'resilience: { targets: { km: { breakers: {} } } }\n',
      'resilience.targets.km.breakers is not a known key',
    ],
    ['its own peer', 'cell: { name: a, peers: [a] }\n', 'must not name the cell itself'],
  ])('%s is refused', (_what, text, expected) => {
    write('.aet/config.yaml', text);
    expect(problemsOf(load)).toContain(expected);
  });

  it('names the variable or flag that is wrong', () => {
    expect(problemsOf(() => load({ AET__lease__ttl: '1' }))).toContain(
      'environment (AET__lease__ttl): lease.ttl is not a known key',
    );
    expect(problemsOf(() => load({}, { 'lease.ttlMs': 'x' }))).toContain('must be integer');
    expect(problemsOf(() => load({ AET_ENV: 'live' }))).toContain('must be one of dev, prod, staging');
    expect(problemsOf(() => load({ AET_CONFIG_RUNTIME: join(project, 'none.yaml') }))).toContain('start the fleet with `aet up`');
  });
});

describe('a secret', () => {
  it('is read from a file that only its owner can read', () => {
    const file = write('key', 'abc\n');
    chmodSync(file, 0o600);
    expect(readSecretFile(file)).toBe('abc');
    chmodSync(file, 0o640);
    expect(() => readSecretFile(file)).toThrow('mode 640');
    expect(() => readSecretFile(`${file}x`)).toThrow('cannot be read');
  });
});
