// `npm test`: prepares as `npm start` does, then runs the lanes one after the other: `npm test -- unit integration` runs only those.
// The last line is the sum: `N passed, N failed`. Ends with 1 if anything failed.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { node24, prepare, PreparationFailed, root } from './prepare.mjs';

const LANES = ['unit', 'integration', 'e2e', 'chaos'];
const asked = process.argv.slice(2);
const unknown = asked.filter((lane) => !LANES.includes(lane));

if (unknown.length > 0) {
  console.error(`error: no lane is called ${unknown.join(', ')}: choose from ${LANES.join(', ')}`);
  process.exitCode = 2;
} else {
  try {
    await prepare();
    process.exitCode = await runLanes(asked.length > 0 ? LANES.filter((lane) => asked.includes(lane)) : LANES);
  } catch (error) {
    console.error(error instanceof PreparationFailed ? `error: ${error.message}` : error);
    console.log('0 passed, 1 failed');
    process.exitCode = 1;
  }
}

async function runLanes(lanes) {
  const dir = mkdtempSync(join(tmpdir(), 'aet-test-'));
  try {
    const sum = { passed: 0, failed: 0 };
    for (const lane of lanes) {
      console.log(`\n── ${lane} ──`);
      const file = join(dir, `${lane}.json`);
      const code = await vitest(lane, file);
      const { passed, failed } = count(file, code);
      console.log(`${lane}: ${passed} passed, ${failed} failed`);
      sum.passed += passed;
      sum.failed += failed;
    }
    console.log(`\n${sum.passed} passed, ${sum.failed} failed`);
    return sum.failed === 0 ? 0 : 1;
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

function vitest(lane, file) {
  const args = ['run', '--project', lane, '--reporter=default', '--reporter=json', `--outputFile.json=${file}`];
  const path = `${join(root, 'node_modules/.bin')}${process.platform === 'win32' ? ';' : ':'}${process.env['PATH'] ?? ''}`;
  return new Promise((resolve, reject) => {
    const child = spawn(node24(), [join(root, 'node_modules/vitest/vitest.mjs'), ...args], {
      cwd: root,
      stdio: ['ignore', 'inherit', 'inherit'],
      env: { ...process.env, PATH: path },
    });
    for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => child.kill(signal));
    child.once('error', reject);
    child.once('exit', (code) => resolve(code ?? 1));
  });
}

/** A file that could not even be loaded has no tests to count: it is one failure, and so is a lane that ends badly without a word. */
function count(file, code) {
  let report;
  try {
    report = JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return { passed: 0, failed: 1 };
  }
  const silent = report.testResults.filter(
    (result) => result.status === 'failed' && !result.assertionResults.some((test) => test.status === 'failed'),
  );
  const failed = report.numFailedTests + silent.length;
  return { passed: report.numPassedTests, failed: failed === 0 && code !== 0 ? 1 : failed };
}
