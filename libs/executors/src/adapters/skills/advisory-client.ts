import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

export type AdvisoryAnswer = { ok: true; body: unknown } | { ok: false; reason: string };

const TIMEOUT_MS = 8000;
const MAX_BYTES = 16 * 1024 * 1024;

/**
 * The registry that npm would use in this folder: the repository's .npmrc, else what npm itself says, which is its default where nothing is set.
 * Of the files only `registry=` lines are read; no token is read or sent. Undefined when npm is not to be had.
 */
export async function registryOf(folders: readonly string[], env: NodeJS.ProcessEnv): Promise<string | undefined> {
  for (const folder of folders) {
    const text = await readFile(join(folder, '.npmrc'), 'utf8').catch(() => '');
    const found = /^\s*registry\s*=\s*["']?(https?:\/\/[^\s"']+)/m.exec(text)?.[1];
    if (found !== undefined) return found;
  }
  return registryOfNpm(env);
}

async function registryOfNpm(env: NodeJS.ProcessEnv): Promise<string | undefined> {
  try {
    const { stdout } = await promisify(execFile)('npm', ['config', 'get', 'registry'], { env, timeout: TIMEOUT_MS });
    return /^https?:\/\/\S+/m.exec(stdout)?.[0];
  } catch {
    return undefined;
  }
}

/** Asks the registry for advisories about packages. One short attempt: without an answer the audit goes on and says so. */
export async function fetchAdvisories(
  registry: string | undefined,
  query: Record<string, string[]>,
  signal: AbortSignal,
): Promise<AdvisoryAnswer> {
  if (registry === undefined) return { ok: false, reason: 'npm does not say which registry it uses' };
  const timeout = AbortSignal.timeout(TIMEOUT_MS);
  try {
    const url = new URL('-/npm/v1/security/advisories/bulk', registry.endsWith('/') ? registry : `${registry}/`);
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/json' },
      body: JSON.stringify(query),
      signal: AbortSignal.any([signal, timeout]),
      redirect: 'error',
    });
    if (!response.ok) return { ok: false, reason: `the registry answered with status ${response.status}` };
    const text = await response.text();
    if (text.length > MAX_BYTES) return { ok: false, reason: 'the answer of the registry is too large' };
    return { ok: true, body: JSON.parse(text) };
  } catch (error) {
    signal.throwIfAborted();
    if (timeout.aborted) return { ok: false, reason: `the registry did not answer within ${TIMEOUT_MS / 1000} s` };
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    const code = typeof cause === 'object' && cause !== null && 'code' in cause ? String(cause.code) : undefined;
    return {
      ok: false,
      reason: `the registry could not be reached (${code ?? (cause instanceof Error ? cause.message : String(cause))})`,
    };
  }
}
