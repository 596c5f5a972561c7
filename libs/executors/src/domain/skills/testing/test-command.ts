import { asObject, asString, isObject } from '../json.js';
import type { ReviewSettings } from '../review-settings.js';

/** How to run the tests of a repository, and where that was read. */
export interface TestCommand {
  program: string;
  args: string[];
  /** Such as `package.json scripts.test`. */
  from: string;
  timeout?: string;
  /** A reporter that can write JSON to a file when asked by extra arguments. */
  reporter?: 'vitest' | 'jest';
}

/** What the choice looks at: names in the top folder and the text of package.json. */
export interface TopFolder {
  names: ReadonlySet<string>;
  packageJson: string | undefined;
}

/** npm's placeholder is no test command. */
const PLACEHOLDER = 'no test specified';

/** The first that applies: the repository's own setting, its package script, then what its files say. */
export function findTestCommand(settings: ReviewSettings, folder: TopFolder): TestCommand | undefined {
  const scripts = readScripts(folder.packageJson);
  const configured = settings.test;
  if (configured) {
    const [program = '', ...args] = configured.command;
    const command: TestCommand = { program, args, from: '.aet/review.yaml', ...reporterOf(program, args, scripts) };
    return configured.timeout === undefined ? command : { ...command, timeout: configured.timeout };
  }
  return packageTest(scripts, folder.names) ?? byFiles(folder.names);
}

function packageTest(scripts: Record<string, unknown>, names: ReadonlySet<string>): TestCommand | undefined {
  const script = asString(scripts['test']);
  if (script === undefined || script.trim() === '' || script.includes(PLACEHOLDER)) return undefined;
  const program = names.has('pnpm-lock.yaml') ? 'pnpm' : names.has('yarn.lock') ? 'yarn' : names.has('bun.lock') ? 'bun' : 'npm';
  const args = program === 'bun' ? ['run', 'test'] : ['test'];
  return { program, args, from: 'package.json scripts.test', ...reporterOf(program, args, scripts) };
}

function byFiles(names: ReadonlySet<string>): TestCommand | undefined {
  const python = ['pytest.ini', 'conftest.py', 'tox.ini', 'pyproject.toml', 'setup.py', 'setup.cfg'].find((name) =>
    names.has(name),
  );
  if (names.has('Cargo.toml')) return { program: 'cargo', args: ['test'], from: 'Cargo.toml' };
  if (names.has('go.mod')) return { program: 'go', args: ['test', './...'], from: 'go.mod' };
  if (python !== undefined) return { program: 'python3', args: ['-m', 'pytest', '-q'], from: python };
  if (names.has('Makefile.test') || names.has('Makefile')) return { program: 'make', args: ['test'], from: 'Makefile' };
  return undefined;
}

function readScripts(packageJson: string | undefined): Record<string, unknown> {
  try {
    const parsed: unknown = JSON.parse(packageJson ?? '{}');
    return isObject(parsed) ? asObject(parsed['scripts']) : {};
  } catch {
    return {};
  }
}

/** Only where nothing can be broken: one plain call of the runner, alone in its script, with no reporter of its own. */
const PLAIN = { vitest: /^(npx )?vitest run( [\w./:=@-]+)*$/, jest: /^(npx )?jest( [\w./:=@-]+)*$/ } as const;

function reporterOf(program: string, args: readonly string[], scripts: Record<string, unknown>): Pick<TestCommand, 'reporter'> {
  const name = args[0] === 'run' || args[0] === 'run-script' ? args[1] : args[0];
  const throughNpm = program === 'npm' && name !== undefined;
  if (throughNpm && (scripts[`pre${name}`] !== undefined || scripts[`post${name}`] !== undefined)) return {};
  const line = (throughNpm ? asString(scripts[name]) : [program, ...args].join(' '))?.trim() ?? '';
  if (/reporter|outputFile|--json|watch/i.test(line)) return {};
  if (PLAIN.vitest.test(line)) return { reporter: 'vitest' };
  return PLAIN.jest.test(line) ? { reporter: 'jest' } : {};
}

/** Arguments that add a JSON report in `file` and keep the runner's usual output. */
export function withReport(command: TestCommand, file: string): string[] {
  if (command.reporter === undefined) return command.args;
  const extra =
    command.reporter === 'vitest'
      ? ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`]
      : ['--json', `--outputFile=${file}`];
  return command.program === 'npm' ? [...command.args, '--', ...extra] : [...command.args, ...extra];
}
