import 'reflect-metadata';
import { Command, CommanderError } from 'commander';
import { endWithReader } from './adapters/lost-reader.js';
import { registerBatches } from './commands/batches.command.js';
import { registerCache } from './commands/cache.command.js';
import { registerCell } from './commands/cell.command.js';
import { registerCreate } from './commands/create.command.js';
import { registerCreateBatch } from './commands/create-batch.command.js';
import { registerDlq } from './commands/dlq.command.js';
import { registerDown } from './commands/down.command.js';
import { registerEffects } from './commands/effects.command.js';
import { registerLogs } from './commands/logs.command.js';
import { registerProcess } from './commands/process.command.js';
import { registerQueue } from './commands/queue.command.js';
import { registerArchive, registerRebuild, registerVerifyState } from './commands/record.command.js';
import { registerRun } from './commands/run.command.js';
import { registerRuns } from './commands/runs.command.js';
import { registerSimple } from './commands/simple.command.js';
import { registerSchedules } from './commands/schedules.command.js';
import { registerStart } from './commands/start.command.js';
import { registerStatus } from './commands/status.command.js';
import { registerTrace } from './commands/trace.command.js';
import { registerUp } from './commands/up.command.js';
import { registerWorkflow } from './commands/workflow.command.js';
import { type CommandContext, ExitCode } from './commands/command-context.js';

/** Runs one command line. Returns the exit code; never throws. */
export async function main(argv: readonly string[]): Promise<number> {
  endWithReader();
  let code: number = ExitCode.Done;
  const program = build((outcome) => {
    code = outcome;
  });
  try {
    await program.parseAsync([...argv], { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? ExitCode.Done : ExitCode.Usage;
    const { showError } = await import('./commands/show-error.js');
    return showError(error, argv.includes('--json'));
  }
}

/** Every module below only declares its command: what it does is loaded when it is called. */
function build(ended: (code: number) => void): Command {
  const program = new Command('aet')
    .description('The fleet of engineering agents: start it, give it work, look at it.')
    .version('0.1.0', '-V, --version')
    .option('-C, --project <folder>', 'folder whose fleet is meant (default: the one around the current folder)')
    .showHelpAfterError('(use --help for the options and examples)')
    .exitOverride()
    .addHelpText(
      'after',
      '\nExit codes: 0 done, 1 failed (the last line says why), 2 wrong usage, 130 interrupted.\nTo begin: `aet start` reviews the repository you stand in.',
    );
  const context: CommandContext = {
    action: (perform) => async (invocation) => ended(await perform(invocation, program.opts<{ project?: string }>().project)),
  };
  for (const register of [
    registerStart,
    registerUp,
    registerDown,
    registerStatus,
    registerRun,
    registerRuns,
    registerCreate,
    registerCreateBatch,
    registerSchedules,
    registerSimple,
    registerProcess,
    registerWorkflow,
    registerLogs,
    registerTrace,
    registerQueue,
    registerDlq,
    registerEffects,
    registerRebuild,
    registerVerifyState,
    registerArchive,
    registerCell,
    registerCache,
    registerBatches,
  ]) {
    register(program, context);
  }
  return program;
}
