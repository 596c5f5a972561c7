import { AetError, ErrorCode, type Violation } from '@aet/contracts';
import * as contracts from '@aet/contracts';
import { Command } from 'commander';
import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { httpStatusOf } from '../../apps/gateway/src/domain/http-status.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const page = (name: string): string => readFileSync(join(root, 'docs', name), 'utf8');

/** Exit code and error output of the generator in its checking mode. */
const check = (...args: string[]): Promise<{ code: number; said: string }> =>
  new Promise((done) => {
    execFile(process.execPath, ['scripts/config-reference.mjs', '--check', ...args], { cwd: root }, (error, _out, said) =>
      done({ code: error === null ? 0 : Number(error.code), said }),
    );
  });

describe('docs/configuration.md', () => {
  it('holds every key as the schema has it; when stale: node scripts/config-reference.mjs', async () => {
    expect(await check()).toEqual({ code: 0, said: '' });
  });

  it('would be found stale with another default', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'aet-docs-'));
    try {
      const copy = join(dir, 'configuration.md');
      writeFileSync(copy, page('configuration.md').replace('| `lease.ttlMs` | integer (1500', '| `lease.ttlMs` | integer (1501'));
      const { code, said } = await check('--file', copy);
      expect(code).toBe(1);
      expect(said).toContain('stale');
    } finally {
      rmSync(dir, { recursive: true });
    }
  });
});

/** The rows of the table: code, HTTP status, retryable, meaning, remedy. */
const rows = page('errors.md')
  .split('\n')
  .flatMap((line) => {
    const [, code, status, retryable, meaning, remedy] = line.split(/(?<!\\)\|/).map((cell) => cell.trim());
    return /^`[A-Z_]+`$/.test(code ?? '') ? [{ code: code?.slice(1, -1) ?? '', status, retryable, meaning, remedy }] : [];
  });

type ErrorClass = new (message: string, more: unknown) => AetError;

/** One error of every class that the contracts export with a fixed decision to retry. */
const samples: AetError[] = Object.values(contracts as Record<string, unknown>).flatMap((value) => {
  const isError = typeof value === 'function' && value.prototype instanceof AetError;
  if (!isError || value === contracts.RemoteError || value === contracts.AttemptFailed) return [];
  const violations: Violation[] = [];
  return [new (value as ErrorClass)('x', value === contracts.ValidationFailed ? violations : 'y')];
});

describe('docs/errors.md', () => {
  it('has one row for each code and no other', () => {
    const codes = rows.map(({ code }) => code);
    expect(codes.toSorted()).toEqual(Object.values<string>(ErrorCode).toSorted());
  });

  it.each(rows)('says the HTTP status, a meaning and a remedy for $code', ({ code, status, meaning, remedy }) => {
    expect(Number(status)).toBe(httpStatusOf(code));
    expect(meaning).not.toBe('');
    expect(remedy).not.toBe('');
  });

  it.each(samples.map((error) => ({ name: error.name, error })))(
    'says as $name does whether it is worth another try',
    ({ error }) => {
      expect(rows.find(({ code }) => code === error.code)?.retryable).toBe(error.retryable ? 'yes' : 'no');
    },
  );
});

/** Every command that can be typed, as its words: from the files that declare them. */
async function commandsOf(folder: string): Promise<string[]> {
  const program = new Command('aet');
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.command.ts'))) {
    const declared = (await import(join(folder, file))) as Record<string, unknown>;
    for (const [name, register] of Object.entries(declared))
      if (name.startsWith('register') && typeof register === 'function')
        register(program, { action: () => () => Promise.resolve() });
  }
  const leaves = (command: Command, words: string): string[] =>
    command.commands.length === 0 ? [words] : command.commands.flatMap((inner) => leaves(inner, `${words} ${inner.name()}`));
  return leaves(program, 'aet');
}

describe('docs/cli.md', () => {
  it('lists every command', async () => {
    const commands = await commandsOf(join(root, 'apps/cli/src/commands'));
    expect(commands).toContain('aet workflow validate');
    const text = page('cli.md');
    const listed = (command: string): boolean => {
      const words = command.split(' ');
      // `aet queue pause\|resume` stands for two.
      return new RegExp(`\\| \`${words.slice(0, -1).join(' ')} (?:[a-z-]+\\\\\\|)*${words.at(-1) ?? ''}\\b`).test(text);
    };
    expect(commands.filter((command) => !listed(command))).toEqual([]);
  });
});
