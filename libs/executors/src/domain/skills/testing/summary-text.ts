import { placeIn, withoutColours, type TestFailure, type TestResults } from './test-results.js';

interface Summary {
  pattern: RegExp;
  /** From the matching line. Absent parts count as 0. */
  passed: RegExp;
  failed: RegExp;
  skipped: RegExp;
}

/** The last line of each runner that says how many. The first that matches from the end wins. */
const SUMMARIES: readonly Summary[] = [
  // Vitest: "Tests  1 failed | 12 passed | 2 skipped (15)"; Jest: "Tests: 1 failed, 12 passed, 13 total"
  {
    pattern: /^\s*Tests:?\s+.*\d+ (passed|failed|skipped)/,
    passed: /(\d+) passed/,
    failed: /(\d+) failed/,
    skipped: /(\d+) (?:skipped|todo|pending)/,
  },
  // pytest: "== 1 failed, 3 passed in 0.12s ==" and "3 passed in 0.1s"
  {
    pattern: /^=*\s*(\d+ \w+, )*\d+ (passed|failed|errors?)\b.* in [\d.]+s/,
    passed: /(\d+) passed/,
    failed: /(\d+) (?:failed|errors?)/,
    skipped: /(\d+) (?:skipped|xfailed|deselected)/,
  },
  // cargo: "test result: FAILED. 3 passed; 1 failed; 0 ignored"
  { pattern: /^test result: /, passed: /(\d+) passed/, failed: /(\d+) failed/, skipped: /(\d+) ignored/ },
  // mocha: "12 passing (2s)" then "1 failing"
  { pattern: /^\s*\d+ passing\b/, passed: /(\d+) passing/, failed: /(\d+) failing/, skipped: /(\d+) pending/ },
  // Ours: "12 passed, 0 failed"
  { pattern: /^\s*\d+ passed, \d+ failed/, passed: /(\d+) passed/, failed: /(\d+) failed/, skipped: /(\d+) skipped/ },
];

/** Reads the counts that a runner prints for people. Undefined: none was found. */
export function parseSummary(output: string, root: string): TestResults | undefined {
  const text = withoutColours(output);
  const lines = text.split(/\r?\n/);
  for (const summary of SUMMARIES) {
    const at = lines.findLastIndex((line) => summary.pattern.test(line));
    if (at < 0) continue;
    // Mocha says failures and pending on lines of their own.
    const near = lines.slice(at, at + 3).join('\n');
    const count = (pattern: RegExp): number => Number(pattern.exec(near)?.[1] ?? 0);
    return {
      format: 'summary',
      passed: count(summary.passed),
      failed: count(summary.failed),
      skipped: count(summary.skipped),
      failures: failuresIn(lines, root),
    };
  }
  return goTest(lines, root);
}

/** Go prints a line for each package and for each failed test. */
function goTest(lines: readonly string[], root: string): TestResults | undefined {
  const packages = lines.filter((line) => /^(ok|FAIL|---)\s+\S+\s+(\(cached\)|[\d.]+s)/.test(line));
  if (packages.length === 0) return undefined;
  const failures = failuresIn(lines, root);
  const failed = failures.length > 0 ? failures.length : packages.filter((line) => line.startsWith('FAIL')).length;
  return { format: 'summary', passed: packages.filter((line) => line.startsWith('ok')).length, failed, skipped: 0, failures };
}

const FAILED = /^(?:\s*(?:FAIL|FAILED|×|✗|✕|--- FAIL:)\s+(.+?)|test (\S+) \.\.\. FAILED)\s*(?:\([\d.]+s\))?$/;

function failuresIn(lines: readonly string[], root: string): TestFailure[] {
  const failures = new Map<string, TestFailure>();
  lines.forEach((line, i) => {
    const match = FAILED.exec(line);
    const name = (match?.[1] ?? match?.[2])?.trim();
    if (name === undefined || failures.has(name) || /^\S+\s+[\d.]+s$/.test(name)) return;
    const failure: TestFailure = { name, message: 'failed' };
    const file = /^((?:[\w@.-]+\/)*[\w@.-]+\.\w{1,5})(?:::|\s|$)/.exec(name)?.[1];
    failures.set(name, { ...failure, ...(file === undefined ? placeIn(lines.slice(i + 1, i + 6).join('\n'), root) : { file }) });
  });
  return [...failures.values()].slice(0, 100);
}
