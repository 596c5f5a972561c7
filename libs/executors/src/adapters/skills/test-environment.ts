import { dirname, delimiter, join } from 'node:path';

/** Where toolchains look for themselves. None of these is a secret. */
const KEPT = ['HOME', 'LANG', 'LC_ALL', 'USER', 'JAVA_HOME', 'GOPATH', 'GOROOT', 'CARGO_HOME', 'RUSTUP_HOME', 'SystemRoot'];

/** What a test command sees: nothing of the fleet's environment, no key, no token. `TMPDIR` is the attempt's own. */
export function testEnvironment(env: NodeJS.ProcessEnv, workDir: string): Record<string, string> {
  const result: Record<string, string> = { CI: '1', NO_COLOR: '1', TMPDIR: join(workDir, 'tmp'), LANG: 'C.UTF-8' };
  for (const name of KEPT) {
    const value = env[name];
    if (value !== undefined && value !== '') result[name] = value;
  }
  // The fleet's own programs must not stand in for those of the repository; the running Node is the last resort.
  const path = (env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '' && !folder.includes('node_modules'));
  return { ...result, PATH: [...path, dirname(process.execPath)].join(delimiter) };
}
