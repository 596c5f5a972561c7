import { spawn } from 'node:child_process';
import { AttemptFailed, Cancelled } from '@aet/contracts';

export interface GitRun {
  code: number;
  stdout: Buffer;
  stderr: string;
}

export interface GitOptions {
  signal: AbortSignal;
  input?: string;
  /** More output than this is an error, never a short read. Default 64 MB. */
  maxBytes?: number;
  /** Default 60 s. */
  timeoutMs?: number;
  env?: Record<string, string>;
}

export class GitOutputTooLarge extends AttemptFailed {
  constructor(what: string, maxBytes: number) {
    super(`git ${what} gave more than ${maxBytes} bytes`, { retryable: false });
  }
}

/**
 * Settings that a repository under review must not decide: no hook, monitor, filter or helper of its own runs, and nothing is fetched.
 * `safe.directory` admits this one path, because the user named it. Sources: git-config, githooks, gitattributes, CVE-2022-24765.
 */
const guards = (folders: readonly string[]): string[] =>
  [
    ...folders.map((folder) => `safe.directory=${folder}`),
    'core.hooksPath=/dev/null',
    'core.fsmonitor=false',
    'core.quotePath=false',
    'core.attributesFile=/dev/null',
    'diff.external=',
    'diff.submodule=short',
    'diff.noprefix=false',
    'diff.mnemonicPrefix=false',
    'diff.renames=true',
    'submodule.recurse=false',
    'gc.auto=0',
    'maintenance.auto=false',
  ].flatMap((setting) => ['-c', setting]);

/** Nothing of the caller's environment but PATH: no GIT_*, no user or system configuration. */
const environment = (): Record<string, string> => ({
  PATH: process.env['PATH'] ?? '/usr/local/bin:/usr/bin:/bin',
  LANG: 'C',
  LC_ALL: 'C',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_TERMINAL_PROMPT: '0',
  GIT_OPTIONAL_LOCKS: '0',
  GIT_NO_LAZY_FETCH: '1',
  GIT_NO_REPLACE_OBJECTS: '1',
  GIT_LITERAL_PATHSPECS: '1',
  // Wins over protocol.*.allow of the repository: a partial clone must not start a transport program.
  GIT_ALLOW_PROTOCOL: 'none',
});

/** Runs git in `folder`. A non-zero exit code is a result; a missing git, a passed limit and an abort are errors. */
export function runGit(
  folder: string,
  args: readonly string[],
  options: GitOptions,
  alsoSafe: readonly string[] = [],
): Promise<GitRun> {
  const { signal, maxBytes = 64 * 1024 * 1024, timeoutMs = 60_000 } = options;
  const what = args.find((arg) => !arg.startsWith('-')) ?? '';
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      reject(new Cancelled('the review was cancelled'));
      return;
    }
    const child = spawn('git', ['-C', folder, '--no-pager', ...guards([folder, ...alsoSafe]), ...args], {
      env: { ...environment(), ...options.env },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    const chunks: Buffer[] = [];
    let bytes = 0;
    let stderr = '';
    let failure: Error | undefined;
    const stop = (error: Error): void => {
      failure ??= error;
      child.kill('SIGKILL');
    };
    const onAbort = (): void => stop(new Cancelled('the review was cancelled'));
    const timer = setTimeout(
      () => stop(new AttemptFailed(`git ${what} took longer than ${timeoutMs / 1000} s`, { retryable: true })),
      timeoutMs,
    );
    signal.addEventListener('abort', onAbort, { once: true });
    child.stdout.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > maxBytes) stop(new GitOutputTooLarge(what, maxBytes));
      else chunks.push(chunk);
    });
    child.stderr.on('data', (chunk: Buffer) => {
      if (stderr.length < 4096) stderr += chunk.toString('utf8');
    });
    child.on('error', (error: NodeJS.ErrnoException) => {
      failure ??=
        error.code === 'ENOENT'
          ? new AttemptFailed('git was not found: install git and see that it is on PATH', { retryable: false, cause: error })
          : error;
    });
    child.on('close', (code) => {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
      if (failure) reject(failure);
      else resolve({ code: code ?? 1, stdout: Buffer.concat(chunks), stderr: stderr.trim() });
    });
    // A git that ends early closes the pipe; its exit code tells more than EPIPE.
    child.stdin.on('error', () => undefined);
    child.stdin.end(options.input ?? '');
  });
}
