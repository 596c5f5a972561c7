import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

interface Report {
  summary: { violations: { rule: { name: string } }[] };
}

const root = fileURLToPath(new URL('../..', import.meta.url));
const fixtures = 'test/dependency-rules/fixtures';

/** The report of the checker over the fixture; it exits with the number of errors. */
function cruise(): Promise<Report> {
  const args = [
    'node_modules/dependency-cruiser/bin/dependency-cruiser.mjs',
    '--config',
    '.dependency-cruiser.cjs',
    '--output-type',
    'json',
    fixtures,
  ];
  return new Promise((resolve, reject) => {
    execFile(process.execPath, args, { cwd: root, env: { ...process.env, AET_RULES_ROOT: `${fixtures}/` } }, (error, stdout) => {
      try {
        resolve(JSON.parse(stdout) as Report);
      } catch {
        reject(error ?? new Error(`no report: ${stdout}`));
      }
    });
  });
}

it('the dependency rules refuse each thing that they forbid', async () => {
  const { summary } = await cruise();
  const broken = new Set(summary.violations.map(({ rule }) => rule.name));
  expect([...broken].toSorted()).toEqual([
    'application-knows-no-edge',
    'database-only-in-persistence-and-adapters',
    'declared',
    'domain-and-application-are-pure',
    'domain-knows-only-domain',
    'libs-order-contracts',
    'nats-only-in-messaging',
    'no-app-imports-an-app',
    'no-cycles',
    'no-unresolvable',
    'transport-and-adapters-are-strangers',
    'two-doors-to-a-lib',
  ]);
});
