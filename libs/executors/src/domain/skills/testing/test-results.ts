/** How a test run ended, whatever told it. */
export interface TestResults {
  /** `vitest-json`, `jest-json`, `junit`, `tap`, `summary`, `exit-code`. */
  format: string;
  passed: number;
  failed: number;
  skipped: number;
  failures: TestFailure[];
}

export interface TestFailure {
  name: string;
  message: string;
  file?: string;
  line?: number;
}

/** `(file:line:column)` or `file:line` at the end of a stack line. */
const FRAME = /(?:\(|at |❯ |^\s*|file:\/\/)((?:[A-Za-z]:)?[\w@./\\-]+\.[A-Za-z]{1,5}):(\d+)(?::\d+)?\)?/;

/** The first place in a stack that is the repository's own. Paths are made relative to `root`. */
export function placeIn(stack: string, root: string): { file: string; line: number } | undefined {
  for (const line of stack.split('\n')) {
    const match = FRAME.exec(line);
    const [, path = '', number = ''] = match ?? [];
    if (path === '' || path.includes('node_modules') || path.startsWith('node:')) continue;
    const file = relativeTo(path, root);
    if (file !== undefined) return { file, line: Number(number) };
  }
  return undefined;
}

/** Undefined: outside the repository. */
export function relativeTo(path: string, root: string): string | undefined {
  const plain = path.replace(/^file:\/\//, '').replaceAll('\\', '/');
  const top = root.replaceAll('\\', '/').replace(/\/$/, '');
  if (plain.startsWith(`${top}/`)) return plain.slice(top.length + 1);
  return plain.startsWith('/') || /^[A-Za-z]:/.test(plain) || plain.startsWith('..') ? undefined : plain.replace(/^\.\//, '');
}

const COLOURS = new RegExp(`${String.fromCharCode(27)}\\[[0-9;?]*[A-Za-z]`, 'g');
export const withoutColours = (text: string): string => text.replace(COLOURS, '');

/** The first lines of a failure say what; the rest is stack. */
export const firstLines = (text: string, count = 3): string =>
  withoutColours(text)
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('at '))
    .slice(0, count)
    .join(' ');
