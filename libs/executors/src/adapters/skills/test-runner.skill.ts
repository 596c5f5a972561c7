import { mkdir, readdir, readFile, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { Cancelled } from '@aet/contracts';
import type { Skill, SkillContext } from '../../domain/skill.js';
import { durationMs } from '../../domain/skills/duration.js';
import type { RangeInput } from '../../domain/skills/range/review-range.js';
import type { ReviewSettings } from '../../domain/skills/review-settings.js';
import { skillReport, type SkillReport } from '../../domain/skills/skill-report.js';
import { findTestCommand, withReport, type TestCommand } from '../../domain/skills/testing/test-command.js';
import { commandLine, noTests, testFindings, type CommandEnd } from '../../domain/skills/testing/test-findings.js';
import type { TestResults } from '../../domain/skills/testing/test-results.js';
import { ProgramNotStarted, runProgram, type ProgramCall } from '../process-group.js';
import { checkoutOf, type Checkout } from './git/checkout.js';
import { GitRepository } from './git/git-repository.js';
import { readReviewSettings } from './review-settings.js';
import { testEnvironment } from './test-environment.js';
import { readResults } from './test-reports.js';
import { ThrottledLines } from './throttled-lines.js';

interface Input extends RangeInput {
  timeout?: string | null;
}

export interface TestReport extends SkillReport {
  command: string | null;
  /** Where the command was found. */
  from: string | null;
  durationMs: number;
  timedOut: boolean;
  exitCode: number | null;
  results: Omit<TestResults, 'failures'> | null;
}

interface CommandRun extends CommandEnd {
  /** All of the standard output, when it was short enough to be read by a parser. */
  stdout: string;
  aborted: boolean;
}

const TAIL_BYTES = 64 * 1024;
const PARSED_BYTES = 8 * 1024 * 1024;
const DEFAULT_TIMEOUT = '5m';
/** The step's own limit in the workflow lies above. */
const MAX_LIMIT_MS = 30 * 60_000;

/** Runs the repository's tests under a limit, in a process group of their own, and reads how they ended. */
export class TestRunnerSkill implements Skill<Input, TestReport> {
  readonly capability = 'test-runner';
  readonly summary = "Finds the repository's test command, runs it under a time limit and reports failures.";
  readonly usesFolder = true;
  readonly inputSchema = {
    type: 'object',
    required: ['repo', 'head'],
    properties: {
      repo: { type: 'string', minLength: 1 },
      head: { type: 'string', pattern: '^[0-9a-f]{40,64}$' },
      base: { type: ['string', 'null'] },
      timeout: { type: ['string', 'null'] },
    },
  };

  async run(input: Input, context: SkillContext): Promise<TestReport> {
    const git = await GitRepository.open(input.repo, context.signal);
    const settings = await readReviewSettings(git, input.head);
    const notes = settings.problem === undefined ? [] : [settings.problem];
    const checkout = await checkoutOf(git, input.head, await realpath(context.workDir));
    try {
      return await this.runIn(checkout, settings, input, context, [...notes, ...checkout.notes]);
    } finally {
      await checkout.dispose();
    }
  }

  private async runIn(
    checkout: Checkout,
    settings: ReviewSettings,
    input: Input,
    context: SkillContext,
    notes: string[],
  ): Promise<TestReport> {
    const command = await commandIn(checkout.folder, settings);
    if (!command) return { ...skillReport({ findings: [noTests()], notes }), ...nothingRan };
    const limitMs = Math.min(
      MAX_LIMIT_MS,
      durationMs(input.timeout ?? DEFAULT_TIMEOUT, 'testTimeout'),
      command.timeout === undefined ? Infinity : durationMs(command.timeout, 'test.timeout of .aet/review.yaml'),
    );
    context.log(`${commandLine(command)} (from ${command.from}, at most ${limitMs / 1000} s)`);
    const { end, results } = await execute(command, checkout.folder, limitMs, context);
    if (end.aborted) throw new Cancelled('the tests were stopped, because the attempt was cancelled');
    const { failures: _failures, ...counts } = results ?? { format: 'exit-code', passed: 0, failed: 0, skipped: 0, failures: [] };
    return {
      ...skillReport({
        findings: testFindings(command, end, results, limitMs),
        counts: { passed: counts.passed, failed: counts.failed, skipped: counts.skipped },
        notes: end.stdout.length > 0 || results ? notes : [...notes, 'The command printed nothing.'],
        notChecked: results ? [] : ['Single tests: the output has no format that is known, only the exit code counts.'],
      }),
      command: commandLine(command),
      from: command.from,
      durationMs: end.durationMs,
      timedOut: end.timedOut,
      exitCode: end.code,
      results: results ? counts : null,
    };
  }
}

const nothingRan = { command: null, from: null, durationMs: 0, timedOut: false, exitCode: null, results: null } as const;

async function commandIn(folder: string, settings: ReviewSettings): Promise<TestCommand | undefined> {
  const packageJson = await readFile(join(folder, 'package.json'), 'utf8').catch(() => undefined);
  return findTestCommand(settings, { names: new Set(await readdir(folder)), packageJson });
}

async function execute(
  command: TestCommand,
  folder: string,
  limitMs: number,
  context: SkillContext,
): Promise<{ end: CommandRun; results: TestResults | undefined }> {
  const report = join(context.workDir, 'test-report.json');
  const env = testEnvironment(process.env, context.workDir);
  await mkdir(env['TMPDIR'] ?? context.workDir, { recursive: true });
  const lines = new ThrottledLines(
    (line) => context.log(line),
    () => performance.now(),
  );
  const startedAt = Date.now();
  const call = {
    program: command.program,
    args: withReport(command, report),
    cwd: folder,
    env,
    onLine: (line: string) => lines.add(line),
    keep: { stdout: PARSED_BYTES, both: TAIL_BYTES },
    marker: `TMPDIR=${env['TMPDIR'] ?? ''}`,
  };
  const end = await runWithin(limitMs, context.signal, call);
  const json = command.reporter === undefined ? {} : { json: { path: report, format: `${command.reporter}-json` } };
  return { end, results: await readResults({ root: folder, ...json, stdout: end.stdout, tail: end.tail, startedAt }) };
}

/** A limit that was reached and a program that is missing are results here, not errors. */
async function runWithin(limitMs: number, cancelled: AbortSignal, call: Omit<ProgramCall, 'signal'>): Promise<CommandRun> {
  try {
    const signal = AbortSignal.any([cancelled, AbortSignal.timeout(limitMs)]);
    const { exitCode = null, endedBy = null, stopped, both, stdout, durationMs } = await runProgram({ ...call, signal });
    const aborted = stopped && cancelled.aborted;
    return { code: exitCode, signal: endedBy, timedOut: stopped && !aborted, aborted, durationMs, tail: both, stdout };
  } catch (error) {
    if (!(error instanceof ProgramNotStarted)) throw error;
    const nothing = { code: null, signal: null, timedOut: false, aborted: false, durationMs: 0, tail: '', stdout: '' };
    return { ...nothing, notStarted: error.message };
  }
}
