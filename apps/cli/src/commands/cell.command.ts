import type { Command } from 'commander';
import { type CommandContext, examples } from './command-context.js';
import { positiveInteger } from './positive-integer.js';

export interface CellOptions {
  json?: boolean;
  cell?: string;
}
export interface CellConflictOptions extends CellOptions {
  lines?: number;
}
export interface CellAdoptOptions extends CellOptions {
  reason?: string;
  dryRun?: boolean;
  all?: boolean;
  acceptGap?: boolean;
  force?: boolean;
}

const common = (command: Command): Command =>
  command
    .option('--cell <name>', 'the cell that answers, and adopts (default: the first)')
    .option('--json', 'print one JSON object');

export function registerCell(program: Command, context: CommandContext): void {
  const cell = program
    .command('cell')
    .description('The cells that are joined: shows them, and moves the runs of one that was lost.')
    .addHelpText(
      'afterAll',
      examples([
        ['aet cell ls', 'which cells answer, how far their copies are, and whose the open runs are'],
        ['aet cell adopt mainpc --dry-run', 'what would be taken over, and what is missing of it'],
        ['aet cell adopt mainpc --reason "its disk is gone"', 'this cell goes on with the runs of mainpc'],
        ['aet cell conflicts', 'runs to which the former owner wrote more than was copied'],
      ]),
    );
  registerList(cell, context);
  registerAdopt(cell, context);
  registerConflicts(cell, context);
}

function registerList(cell: Command, context: CommandContext): void {
  common(cell.command('ls').description('The cells that this one is joined with.')).action(
    context.action(async (options: CellOptions, project) => {
      const { listCells } = await import('./cell.action.js');
      return listCells(options, project);
    }),
  );
}

function registerAdopt(cell: Command, context: CommandContext): void {
  common(
    cell
      .command('adopt')
      .description('Goes on with the runs of a cell that was lost. It may be interrupted, and asked for again.')
      .argument('<lost>', 'the cell that was lost')
      .option('--reason <text>', 'for the record')
      .option('--dry-run', 'only show what would be done')
      .option('--all', 'also runs that have ended, so that they can be read here')
      .option('--accept-gap', 'also runs of which the copy lacks something: they go on from before the gap')
      .option('--force', 'although the cell is alive'),
  ).action(async (lost: string, options: CellAdoptOptions) => {
    const perform = context.action(async (given: CellAdoptOptions, project) => {
      const { adoptCell } = await import('./cell.action.js');
      return adoptCell(lost, given, project);
    });
    await perform(options);
  });
}

function registerConflicts(cell: Command, context: CommandContext): void {
  common(
    cell
      .command('conflicts')
      .description('Runs whose log goes on differently in two cells.')
      .option('-n, --lines <n>', 'so many, at most 500 (default: 50)', positiveInteger),
  ).action(
    context.action(async (options: CellConflictOptions, project) => {
      const { listConflicts } = await import('./cell.action.js');
      return listConflicts(options, project);
    }),
  );
}
