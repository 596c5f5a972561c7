import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { parseJestJson } from '../../domain/skills/testing/jest-json.js';
import { parseJunit } from '../../domain/skills/testing/junit-xml.js';
import { parseSummary } from '../../domain/skills/testing/summary-text.js';
import { parseTap } from '../../domain/skills/testing/tap-output.js';
import type { TestResults } from '../../domain/skills/testing/test-results.js';

const MAX_REPORT_BYTES = 32 * 1024 * 1024;
/** Where runners write JUnit reports when they were told to. */
const JUNIT_FOLDERS = ['.', 'test-results', 'reports', 'junit', 'target/surefire-reports', 'build/test-results/test', 'coverage'];

export interface ReportSources {
  /** Folder that the tests ran in. */
  root: string;
  /** JSON that the runner was asked for, if it was. */
  json?: { path: string; format: string };
  stdout: string;
  tail: string;
  /** Unix milliseconds: an older report is of another run. */
  startedAt: number;
}

/** The most exact account of the run that there is. Undefined: only the exit code is known. */
export async function readResults(sources: ReportSources): Promise<TestResults | undefined> {
  const { root, json, stdout, tail } = sources;
  const text = json && (await readBounded(json.path));
  return (
    (json && text !== undefined ? parseJestJson(text, root, json.format) : undefined) ??
    (await junitReport(sources)) ??
    parseJunit(stdout, root) ??
    parseTap(stdout, root) ??
    parseSummary(`${stdout}\n${tail}`, root)
  );
}

async function junitReport({ root, startedAt }: ReportSources): Promise<TestResults | undefined> {
  const found: TestResults[] = [];
  for (const folder of JUNIT_FOLDERS) {
    const names = await readdir(join(root, folder)).catch(() => []);
    const wanted = names.filter((name) =>
      (folder === '.' ? /^(junit|test-?results?|report)[\w.-]*\.xml$/i : /\.xml$/i).test(name),
    );
    for (const name of wanted.slice(0, 500)) {
      const path = join(root, folder, name);
      const modified = await stat(path).then(
        (info) => info.mtimeMs,
        () => 0,
      );
      const text = modified >= startedAt ? await readBounded(path) : undefined;
      const results = text === undefined ? undefined : parseJunit(text, root);
      if (results) found.push(results);
    }
  }
  if (found.length === 0) return undefined;
  const sum = (pick: (results: TestResults) => number): number => found.reduce((total, results) => total + pick(results), 0);
  return {
    format: 'junit',
    passed: sum((results) => results.passed),
    failed: sum((results) => results.failed),
    skipped: sum((results) => results.skipped),
    failures: found.flatMap((results) => results.failures),
  };
}

async function readBounded(path: string): Promise<string | undefined> {
  const bytes = await stat(path).then(
    (info) => (info.isFile() ? info.size : Infinity),
    () => Infinity,
  );
  return bytes > MAX_REPORT_BYTES ? undefined : readFile(path, 'utf8');
}
