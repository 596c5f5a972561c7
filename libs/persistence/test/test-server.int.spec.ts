import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, it } from 'vitest';
import { PostgresTestServer } from '../src/testing/index.js';

it('leaves nothing behind, after a kill as well', async () => {
  const db = await PostgresTestServer.start();
  const folder = path.dirname(db.dataDir);
  await db.kill();
  await db.stop();
  expect(existsSync(folder)).toBe(false);
});

it('ends with the runner that was killed', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'aet-watched-'));
  const server = spawn('sleep', ['600'], { stdio: 'ignore' });
  const fixture = path.join(import.meta.dirname, 'fixtures', 'watched-runner.mjs');
  const runner = spawn(process.execPath, [fixture, String(server.pid), folder], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(runner.stdout, 'data');
  expect([server.exitCode, existsSync(folder)]).toEqual([null, true]);
  runner.kill('SIGKILL');
  await expect.poll(() => [server.signalCode, existsSync(folder)], { timeout: 10_000 }).toEqual(['SIGINT', false]);
});
