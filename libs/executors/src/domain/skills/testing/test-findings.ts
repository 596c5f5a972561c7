import { Certainty, Severity, type Finding } from '@aet/contracts';
import type { TestCommand } from './test-command.js';
import type { TestResults } from './test-results.js';

const TEST_SOURCE = 'test-runner';

/** How the program ended, as the process group's keeper saw it. */
export interface CommandEnd {
  code: number | null;
  signal: string | null;
  timedOut: boolean;
  durationMs: number;
  /** The program could not be started; a sentence. */
  notStarted?: string;
  /** Last part of the output. */
  tail: string;
}

export const commandLine = (command: TestCommand): string => [command.program, ...command.args].join(' ');

/** Findings of a run. A limit that was reached and a program that is missing are findings: the review goes on. */
export function testFindings(
  command: TestCommand,
  end: CommandEnd,
  results: TestResults | undefined,
  limitMs: number,
): Finding[] {
  const line = commandLine(command);
  if (end.notStarted !== undefined) {
    return [
      finding(
        'tests/not-started',
        Severity.High,
        end.notStarted,
        `Install ${command.program}, or set test.command in .aet/review.yaml.`,
      ),
    ];
  }
  const missing = missingProgram(end);
  if (missing !== undefined && (results?.passed ?? 0) === 0) {
    return [
      finding(
        'tests/not-installed',
        Severity.High,
        `"${line}" could not run: ${missing}`,
        'Install the dependencies (such as "npm ci") where the review runs.',
      ),
    ];
  }
  const failures = (results?.failures ?? []).map((failure): Finding => {
    const result = finding(
      'tests/failed',
      Severity.High,
      `${failure.name}: ${failure.message}`,
      'Repair the test or the code it tests.',
    );
    if (failure.file !== undefined) result.file = failure.file;
    if (failure.line !== undefined) result.line = failure.line;
    return result;
  });
  if (end.timedOut) {
    const message = `"${line}" was stopped after its limit of ${limitMs / 1000} s; ${counted(results)}`;
    return [
      finding(
        'tests/time-limit',
        Severity.High,
        message,
        'Give a longer testTimeout, or a faster test command in .aet/review.yaml.',
      ),
      ...failures,
    ];
  }
  const named = (results?.failed ?? 0) - failures.length;
  if (failures.length > 0 && named <= 0) return failures;
  if (end.code !== 0 || (results?.failed ?? 0) > 0) return [...failures, unnamed(line, end, results, failures.length)];
  return [];
}

function unnamed(line: string, end: CommandEnd, results: TestResults | undefined, known: number): Finding {
  const how = end.signal === null ? `exit code ${end.code}` : `signal ${end.signal}`;
  const count = results && results.failed > known ? `${results.failed - known} more failed; ` : '';
  const last = end.tail.trim().split('\n').slice(-3).join(' ⏎ ').slice(-300);
  return finding(
    'tests/command-failed',
    Severity.High,
    `"${line}" ended with ${how}; ${count}its last lines: ${last}`,
    'Run the command by hand and see its output.',
  );
}

const counted = (results: TestResults | undefined): string =>
  results ? `${results.passed} passed and ${results.failed} failed until then` : 'it gave no result until then';

function missingProgram(end: CommandEnd): string | undefined {
  if (end.code === 0) return undefined;
  const match =
    /^.*?(?:sh: \d*:? ?(\S+?): (?:command )?not found|(Cannot find (?:module|package) '[^']+')|(No module named \S+)|(make: \*\*\* No rule to make target .*test.*))/m.exec(
      end.tail,
    );
  if (match === null) return end.code === 127 ? 'a program that it calls was not found' : undefined;
  return match[1] === undefined ? (match[2] ?? match[3] ?? match[4]) : `${match[1]} was not found`;
}

export const noTests = (): Finding => ({
  ...finding(
    'tests/no-command',
    Severity.Info,
    'no test command was found',
    'Add a "test" script to package.json, or test.command to .aet/review.yaml.',
  ),
  certainty: Certainty.Certain,
});

const finding = (rule: string, severity: Severity, message: string, remedy: string): Finding => ({
  source: TEST_SOURCE,
  rule,
  severity,
  message,
  remedy,
});
