import assert from 'node:assert/strict';
import { ConfigInvalid } from '../src/config-problem.js';
import type { ConfigSource } from '../src/config-source.js';

/** Two overlays of one process. */
export interface ConfigWorld {
  /** @param weaker YAML text; `stronger` wins over it. @throws {ConfigInvalid} */
  make(weaker: string, stronger: string): ConfigSource;
}

/** What any `ConfigSource` promises. */
export const configSourceContract: readonly { name: string; obeysContract: (world: ConfigWorld) => void }[] = [
  {
    name: 'merges overlays key by key, the stronger over the weaker',
    obeysContract(world) {
      const { config } = world.make('log: { level: debug, maxFiles: 2 }\n', 'log: { level: warn }\n');
      assert.equal(config.log.level, 'warn');
      assert.equal(config.log.maxFiles, 2);
    },
  },
  {
    name: 'cannot be changed afterwards, at any depth',
    obeysContract(world) {
      const { config } = world.make('cell: { name: a, peers: [b] }\n', '');
      assert.throws(() => Object.assign(config.lease, { ttlMs: 1 }), TypeError);
      assert.deepEqual(unfrozen(config, 'config'), []);
    },
  },
  {
    name: 'explains who set a value, with file, line and column, the winner last',
    obeysContract(world) {
      const source = world.make('# mine\nlog:\n  level: debug\n', 'log:\n  level: error\n');
      const { key, value, origins } = source.explain('log.level');
      assert.deepEqual({ key, value }, { key: 'log.level', value: source.config.log.level });
      const [weaker, stronger] = origins.slice(-2);
      assert.deepEqual([weaker?.value, weaker?.line, weaker?.column], ['debug', 3, 10]);
      assert.deepEqual([stronger?.value, stronger?.line, stronger?.column], ['error', 2, 10]);
      assert.ok(weaker?.file !== undefined && stronger?.file !== undefined && weaker.file !== stronger.file);
    },
  },
  {
    name: 'explains a value that nobody set',
    obeysContract(world) {
      const source = world.make('', '');
      const { value, origins } = source.explain('lease.ttlMs');
      assert.equal(value, source.config.lease.ttlMs);
      assert.equal(origins[0]?.layer, 'default');
    },
  },
  {
    name: 'refuses to explain a key that the schema does not have',
    obeysContract(world) {
      const source = world.make('', '');
      assert.throws(() => source.explain('log.colour'), { code: 'NOT_FOUND', message: /no key "log\.colour"/ });
    },
  },
  {
    name: 'could not be made of overlays with errors, and lists all of them with file, line and column',
    obeysContract(world) {
      const problems = problemsOf(() => world.make('log:\n  level: loud\n', '# \n\nlease:\n  ttlMs: soon\n'));
      assert.deepEqual(
        problems.map(({ key, origin: { line, column } }) => ({ key, line, column })),
        [
          { key: 'log.level', line: 2, column: 10 },
          { key: 'lease.ttlMs', line: 4, column: 10 },
        ],
      );
      assert.equal(new Set(problems.map(({ origin }) => origin.file)).size, 2);
    },
  },
  {
    name: 'could not be made of overlays that only together are wrong',
    obeysContract(world) {
      const problems = problemsOf(() => world.make('work: { ackWaitMs: 8000 }\n', 'work:\n  workingMs: 4001\n'));
      assert.deepEqual(
        problems.map(({ key, origin: { line, column } }) => ({ key, line, column })),
        [{ key: 'work.workingMs', line: 2, column: 14 }],
      );
    },
  },
  {
    name: 'never has a secret as a value, and does not repeat one that it refuses',
    obeysContract(world) {
      assert.throws(
        () => world.make('nats: { servers: ["nats://me:hunter2@host:1"] }\n', ''),
        (error: unknown) => error instanceof ConfigInvalid && !JSON.stringify([error.message, error.details]).includes('hunter2'),
      );
    },
  },
];

function problemsOf(make: () => ConfigSource): ConfigInvalid['problems'] {
  try {
    make();
  } catch (error) {
    if (error instanceof ConfigInvalid) return error.problems;
    throw error;
  }
  return assert.fail('was accepted');
}

/** Paths of what could still be changed. */
function unfrozen(value: unknown, path: string): string[] {
  if (typeof value !== 'object' || value === null) return [];
  const inner = Object.entries(value).flatMap(([key, child]) => unfrozen(child, `${path}.${key}`));
  return Object.isFrozen(value) ? inner : [path, ...inner];
}
