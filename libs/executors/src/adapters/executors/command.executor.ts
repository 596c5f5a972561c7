import { AetError, LARGEST_PAYLOAD_BYTES, type TaskMessage } from '@aet/contracts';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { EventQueue } from '../../domain/event-queue.js';
import { type ExecutionContext, type Executor, type ExecutorEvent, stoppedBefore } from '../../domain/executor.js';
import { lastWords } from '../../domain/last-words.js';
import { readSavedLine, withoutSavedLines } from '../../domain/saved-line.js';
import { type ProgramEnd, runProgram } from '../process-group.js';
import { programAsEffect, type StartProgram } from './program-effect.js';

/** Of what it says on standard error. Its output may be as large as a value of a run. */
const KEEP_BYTES = 256 * 1024;
const INHERITED = ['PATH', 'HOME', 'LANG', 'LC_ALL', 'TZ'];

/**
 * Runs the program that the agent declares, in the attempt's work folder. The task's input is JSON on standard input. What it prints is its output:
 * parsed when it is JSON, else `{ text }`; what it prints on standard error is its log. A line `::aet saved <JSON>` on either saves what there is so far, and
 * is no output; the next attempt finds it in the file that `AET_SAVED` names. Exit code 0 is success; 126 and 127 (cannot be run) are final, all else may be tried again.
 */
export class CommandExecutor implements Executor {
  readonly name = 'command';

  constructor(private readonly hostEnv: Readonly<Record<string, string | undefined>>) {}

  async *run(task: TaskMessage, context: ExecutionContext): AsyncIterable<ExecutorEvent> {
    const { command } = context.agent;
    if (command === undefined) {
      yield { kind: 'failed', message: `agent ${context.agent.name} declares no aet.command`, retryable: false };
      return;
    }
    if (context.signal.aborted) {
      yield stoppedBefore;
      return;
    }
    const news = new EventQueue<ExecutorEvent>();
    const { effect } = context.agent;
    const start = await this.starter(task, context, news);
    const ending = (
      effect === undefined
        ? start(command, context.signal, {}).then(({ event }) => event)
        : programAsEffect({ ...command, effect }, task, context, start)
    )
      .catch((error: unknown) => notStarted(error))
      .finally(() => news.end());
    yield* news;
    yield await ending;
  }

  private async starter(task: TaskMessage, context: ExecutionContext, news: EventQueue<ExecutorEvent>): Promise<StartProgram> {
    const own = { ...this.environment(context), ...(await savedBefore(context)) };
    return async (command, signal, environment) => {
      const end = await runProgram({
        ...command,
        cwd: context.workDir,
        env: { ...own, ...environment },
        input: JSON.stringify(task.input),
        signal,
        onLine: (line, stream) => {
          const said = newsOf(line, stream);
          if (said !== undefined) news.push(said);
        },
        keep: { stdout: LARGEST_PAYLOAD_BYTES, stderr: KEEP_BYTES },
        // The work folder is the attempt's alone: see `environment`.
        marker: `TMPDIR=${context.workDir}`,
      });
      return { end, event: asEvent(command.program, end) };
    };
  }

  /** Nothing of the host's environment but what every program needs: no secret can leak into it. */
  private environment(context: ExecutionContext): Record<string, string> {
    const kept = INHERITED.flatMap((name) => (this.hostEnv[name] === undefined ? [] : [[name, this.hostEnv[name]] as const]));
    return { ...Object.fromEntries(kept), TMPDIR: context.workDir };
  }
}

/** What an earlier attempt had saved lies in a file beside the program's own: it may be larger than an environment takes. */
async function savedBefore({ saved, workDir }: ExecutionContext): Promise<Record<string, string>> {
  if (saved === undefined) return {};
  const file = join(workDir, '.aet-saved.json');
  await writeFile(file, JSON.stringify(saved), { mode: 0o600 });
  return { AET_SAVED: file };
}

function newsOf(line: string, stream: 'stdout' | 'stderr'): ExecutorEvent | undefined {
  const saving = readSavedLine(line);
  if (saving === undefined) return stream === 'stderr' ? { kind: 'log', message: line } : undefined;
  return 'saved' in saving ? { kind: 'saved', saved: saving.saved } : { kind: 'log', message: saving.problem };
}

function asEvent(program: string, end: ProgramEnd): ExecutorEvent {
  if (end.exitCode === 0) {
    if (end.truncated)
      return {
        kind: 'failed',
        message: `${program} printed more than ${LARGEST_PAYLOAD_BYTES} bytes: store large output elsewhere`,
        retryable: false,
      };
    return { kind: 'completed', output: outputOf(withoutSavedLines(end.stdout)) };
  }
  const how = end.exitCode === undefined ? `was ended by ${end.endedBy ?? 'a signal'}` : `ended with exit code ${end.exitCode}`;
  const reason = lastWords(end.stderr);
  return {
    kind: 'failed',
    message: `${program} ${how}${reason === '' ? '' : `: ${reason}`}`,
    retryable: end.exitCode !== 126 && end.exitCode !== 127,
    details: { stderr: end.stderr.slice(-4096) },
  };
}

function outputOf(stdout: string): unknown {
  try {
    return JSON.parse(stdout) as unknown;
  } catch {
    return { text: stdout };
  }
}

/** Also what the ledger of effects says when it refuses: its own word on whether another attempt can help counts. */
const notStarted = (error: unknown): ExecutorEvent => ({
  kind: 'failed',
  message: error instanceof Error ? error.message : String(error),
  retryable: error instanceof AetError && error.retryable,
});
