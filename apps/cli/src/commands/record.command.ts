import type { Command } from 'commander';
import { type CommandContext, examples } from './command-context.js';

export interface RecordOptions {
  json?: boolean;
  cell?: string;
}
export interface RebuildOptions extends RecordOptions {
  fromTimestamp?: string;
}

const common = (command: Command): Command =>
  command.option('--cell <name>', 'the cell that is meant (default: the first)').option('--json', 'print one JSON object');

export function registerRebuild(program: Command, context: CommandContext): void {
  common(
    program
      .command('rebuild')
      .description(
        'Makes the list of runs and all that follows from the log anew, beside what serves, and swaps it in one transaction.',
      )
      .option('--from-timestamp <time>', 'only runs that have changed since, such as 2026-11-21T18:00:00Z')
      .addHelpText(
        'after',
        examples([
          ['aet rebuild', 'runs go on meanwhile; Ctrl-C calls it off, and nothing has changed'],
          ['aet rebuild --from-timestamp 2026-11-21T00:00:00Z', 'leave older runs as they are'],
        ]),
      ),
  ).action(
    context.action(async (options: RebuildOptions, project) => {
      const { rebuild } = await import('./record.action.js');
      return rebuild(options, project);
    }),
  );
}

export function registerVerifyState(program: Command, context: CommandContext): void {
  common(
    program
      .command('verify-state')
      .description(
        'Compares the log with its hashes, with what follows from it, with the archive and with the stream, by content. Changes nothing.',
      )
      .addHelpText(
        'after',
        examples([
          ['aet verify-state', 'names what was changed, lost or added; exit code 1 if anything was'],
          ['aet verify-state --json', 'the same for programs'],
        ]),
      ),
  ).action(
    context.action(async (options: RecordOptions, project) => {
      const { verifyState } = await import('./record.action.js');
      return verifyState(options, project);
    }),
  );
}

export function registerArchive(program: Command, context: CommandContext): void {
  const archive = program
    .command('archive')
    .description('Segments that hold the events of runs that ended long ago: runs.archiveAfterDays.')
    .addHelpText(
      'afterAll',
      examples([
        ['aet archive ls', 'segments, newest first'],
        ['aet archive show 20261121T161212-d458c0af', 'of which runs it holds events'],
        ['aet archive restore 0198…', "a run's events back into the database; needed for nothing but your own queries"],
      ]),
    );
  common(archive.command('ls').description('Segments, newest first.')).action(
    context.action(async (options: RecordOptions, project) => {
      const { listSegments } = await import('./record.action.js');
      return listSegments(options, project);
    }),
  );
  const named = (name: 'show' | 'restore', description: string, argument: string): void => {
    common(archive.command(name).description(description).argument(argument)).action(
      async (of: string, options: RecordOptions) => {
        const perform = context.action(async (given: RecordOptions, project) => {
          const { restoreArchived, showSegment } = await import('./record.action.js');
          return name === 'show' ? showSegment(of, given, project) : restoreArchived(of, given, project);
        });
        await perform(options);
      },
    );
  };
  named('show', 'A segment with the runs of which it holds events.', '<segment>');
  named('restore', 'Puts events back into the database: of a run, or all of a segment.', '<run-or-segment>');
}
